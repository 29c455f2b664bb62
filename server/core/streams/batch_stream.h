// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_
#define FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "facet/v1/augmentation.pb.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/metrics/metrics.h"
#include "server/core/models/model_registry.h"
#include "server/core/render/render_engine.h"
#include "server/core/streams/image_judge.h"

namespace facet::server {

// A batch on its way to the wire: the message without `images.data`, and what
// stands beside it, travels uncopied and may be shared by several messages.
struct StreamBatch {
  v1::StreamBatchesResponse message;
  // `images.data`. Null: no pixels.
  std::shared_ptr<const std::string> pixels;
  // Further fields of the message, serialized. May be null.
  std::shared_ptr<const std::string> encoded;
};

// One stream of augmented batches: decides what the next batch is, has it
// rendered, transforms it and labels it. Holds no thread while nobody asks.
// One call of Next at a time.
class BatchStream {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<StreamBatch>)>;
  // Destroying a stream cancels the call in progress; its callback still comes.
  virtual ~BatchStream() = default;

  // Computes the next batch and calls `callback` with it, once, from a thread
  // of the engine or of the stream's factory, or at once from this one.
  // OUT_OF_RANGE: the stream has ended. RESOURCE_EXHAUSTED of the engine's
  // queue is waited out inside. `another`: a further call will follow, so that
  // the batch after this one may be begun as soon as the engine is free.
  virtual void Next(bool another, Callback callback) = 0;
  // The call in progress ends with CANCELLED soon.
  virtual void Cancel() = 0;
};

struct BatchStreamFactoryOptions {
  int max_streams = 64;
  int max_batch_size = 4096;
  uint64_t max_message_bytes = uint64_t{64} << 20;
  // Two batches of a stream are kept, one of them ahead of its client, where
  // they fit in here; otherwise one.
  int64_t max_retained_bytes = int64_t{16} << 20;
  // Images handed to the engine at once: what it computes together.
  int chunk_images = 32;
  ModelRegistry* models = nullptr;
  DatasetRegistry* datasets = nullptr;
  // Null: recipes that filter by confidence are UNIMPLEMENTED.
  JudgeProvider judges = nullptr;
  RenderEngine* engine = nullptr;
  Metrics* metrics = nullptr;
  Clock* clock = nullptr;  // of waits and durations: Clock::Steady
};

// Thread-safe. Outlives its streams; the destructor blocks until the batches on
// their way have called back.
class BatchStreamFactory {
 public:
  static absl::StatusOr<std::unique_ptr<BatchStreamFactory>> Create(const BatchStreamFactoryOptions& options);
  virtual ~BatchStreamFactory() = default;

  // Errors of v1.AugmentationService.StreamBatches. Pins the model version for
  // the stream's life; blocks while it loads. RESOURCE_EXHAUSTED: too many
  // streams live.
  virtual absl::StatusOr<std::unique_ptr<BatchStream>> Open(const v1::StreamStart& start) = 0;
  virtual absl::StatusOr<v1::DescribeStreamResponse> Describe(const v1::DescribeStreamRequest& request) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_BATCH_STREAM_H_
