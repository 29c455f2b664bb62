// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_RENDER_RENDER_ENGINE_H_
#define FACET_SERVER_CORE_RENDER_RENDER_ENGINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "model/image/pixels.h"
#include "server/core/device_faults.h"
#include "server/core/metrics/metrics.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

enum class RenderPriority {
  kInteractive,  // Render, RenderStream: first
  kBulk,         // streams of batches: what is left, at least every fourth batch
};

// Images to render into the caller's buffer.
struct RenderTask {
  ModelHandle model;
  // [count, model->schema.total_classes()], row-major.
  std::vector<float> dense;
  int count = 0;
  model::PixelFormat format;
  // Room for `count` images in `format`; outlives the task.
  void* pixels = nullptr;
  absl::Time deadline = absl::InfiniteFuture();
  RenderPriority priority = RenderPriority::kInteractive;
  // Called once, from a thread of the engine, which it must not hold up: OK,
  // DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (cut off by Drain), or the
  // renderer's error. The engine does not touch `pixels` afterwards. It may
  // submit and cancel, but must not destroy the engine.
  absl::AnyInvocable<void(absl::Status)> done;
};

struct RenderEngineOptions {
  // Images computed together at the most; no more than the renderers take.
  int max_batch = 32;
  // Images that may wait, of each priority: streams never take the room of
  // interactive requests.
  int max_queue = 4096;
  // How long a batch that is not full waits for company while the engine is
  // idle. 0: not at all.
  absl::Duration batch_wait = absl::ZeroDuration();
  // While interactive requests come now and then, batches of streams are kept
  // about this short, so that a request never waits long for one. 0: no limit.
  absl::Duration polite_batch = absl::Milliseconds(50);
  Clock* clock = nullptr;  // of durations: Clock::Steady
  Metrics* metrics = nullptr;
  // Hears of a device that fails. May be null.
  DeviceFaults* device_faults = nullptr;
};

// Renders for many callers at once, several of their images in one batch:
// those of one model and one pixel format. Owns the one thread that calls
// renderers. Thread-safe; nothing but Drain and the destructor blocks.
class RenderEngine {
 public:
  // INVALID_ARGUMENT: a limit below 1, no clock or metrics.
  static absl::StatusOr<std::unique_ptr<RenderEngine>> Create(RenderEngineOptions options);
  // Completes what was accepted.
  virtual ~RenderEngine() = default;

  // Takes the task if it returns an id; cancels by that id. `done` of a task
  // that was not taken is never called. RESOURCE_EXHAUSTED (QUEUE_FULL,
  // RetryInfo): the queue is full. DEADLINE_EXCEEDED: already passed.
  // UNAVAILABLE: draining.
  virtual absl::StatusOr<int64_t> Submit(RenderTask task) = 0;

  // A queued task is completed with CANCELLED at once, a running one after its
  // batch. No effect on one that is done.
  virtual void Cancel(int64_t id) = 0;

  // Takes no more tasks and blocks until those accepted are done; at
  // `deadline` the rest is cut off with UNAVAILABLE (SHUTTING_DOWN).
  virtual void Drain(absl::Time deadline) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_RENDER_RENDER_ENGINE_H_
