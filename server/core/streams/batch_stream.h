// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_
#define FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_

#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "facet/v1/augmentation.pb.h"
#include "server/core/metrics/metrics.h"
#include "server/core/models/model_registry.h"
#include "server/core/render/render_engine.h"

namespace facet::server {

// One stream of augmented batches: decides what the next batch is, has it
// rendered, transforms it and labels it. Holds no thread while nobody asks.
// One call of Next at a time.
class BatchStream {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<v1::StreamBatchesResponse>)>;
  virtual ~BatchStream() = default;

  // Destroying a stream cancels the call in progress; its callback still comes.
  // Computes the next batch and calls `callback` with it, once, from a thread
  // of the engine or of the stream's factory. OUT_OF_RANGE: the stream has
  // ended. RESOURCE_EXHAUSTED of the engine's queue is waited out inside.
  virtual void Next(Callback callback) = 0;
  // The call in progress ends with CANCELLED soon.
  virtual void Cancel() = 0;
};

struct BatchStreamFactoryOptions {
  int max_streams = 64;
  int max_batch_size = 4096;
  uint64_t max_message_bytes = uint64_t{64} << 20;
  ModelRegistry* models = nullptr;
  RenderEngine* engine = nullptr;
  Metrics* metrics = nullptr;
  Clock* clock = nullptr;
};

// Thread-safe. Outlives its streams; the destructor blocks until the batches on
// their way have called back.
class BatchStreamFactory {
 public:
  static absl::StatusOr<std::unique_ptr<BatchStreamFactory>> Create(BatchStreamFactoryOptions options);
  virtual ~BatchStreamFactory() = default;

  // Errors of v1.AugmentationService.StreamBatches. Pins the model version for
  // the stream's life; blocks while it loads. RESOURCE_EXHAUSTED: too many
  // streams live.
  virtual absl::StatusOr<std::unique_ptr<BatchStream>> Open(const v1::StreamStart& start) = 0;
  virtual absl::StatusOr<v1::DescribeStreamResponse> Describe(const v1::DescribeStreamRequest& request) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_
