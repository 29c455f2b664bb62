// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_
#define FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/worker_pool.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/stream_plan.h"
#include "server/core/models/model_registry.h"
#include "server/core/render/render_engine.h"
#include "server/core/streams/delayed_calls.h"

namespace facet::server {

// One batch on its way: planned, rendered in chunks, transformed, labelled.
// Keeps itself alive until it has called back; holds no thread meanwhile.
// Thread-safe.
class BatchJob : public std::enable_shared_from_this<BatchJob> {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<v1::StreamBatchesResponse>)>;

  // What the batches of a stream share; all outlive the job.
  struct Parts {
    ModelHandle model;
    const model::StreamPlan* plan = nullptr;
    RenderEngine* engine = nullptr;
    WorkerPool* workers = nullptr;
    DelayedCalls* delayed = nullptr;
  };

  BatchJob(Parts parts, int64_t epoch, int64_t batch, Callback callback);

  // Begins. The callback comes once, from a worker or the engine.
  void Start();
  // Ends it with CANCELLED soon.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Plan();
  void SubmitChunks() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SubmitChunk(int begin) ABSL_LOCKS_EXCLUDED(mutex_);
  void ChunkDone(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  // Hands the rest to a worker, or calls back with the error.
  void Finish(absl::Status status);
  void Assemble();
  void TransformImages();

  const Parts parts_;
  const int64_t epoch_;
  const int64_t batch_;
  const int count_;
  Callback callback_;

  std::vector<float> dense_;                   // [count, total_classes]
  std::vector<model::PlannedImage> planned_;   // one an image
  v1::StreamBatchesResponse response_;
  // Where the engine writes: the response's own bytes, or `rendered_` where
  // images are still to be turned.
  std::string rendered_;

  absl::Mutex mutex_;
  std::vector<int64_t> tasks_ ABSL_GUARDED_BY(mutex_);  // of the engine, for Cancel
  int next_ ABSL_GUARDED_BY(mutex_) = 0;                // first image not submitted
  int running_ ABSL_GUARDED_BY(mutex_) = 0;             // chunks in the engine
  bool submitting_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;  // for a delayed try
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_
