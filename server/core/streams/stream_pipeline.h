// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_STREAM_PIPELINE_H_
#define FACET_SERVER_CORE_STREAMS_STREAM_PIPELINE_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/augment/batch_sequence.h"
#include "server/core/streams/batch_job.h"
#include "server/core/streams/batch_stream.h"

namespace facet::server {

// Batches of one stream in order, one of them ahead of who asks: the batch
// after the one that is asked for begins once the engine has all of the latter,
// so that the engine has work while a batch is assembled and sent. Thread-safe,
// but one Next at a time.
class StreamPipeline : public std::enable_shared_from_this<StreamPipeline> {
 public:
  using Callback = BatchStream::Callback;
  // Makes the job of a batch, which is started afterwards.
  using MakeJob = std::function<std::shared_ptr<BatchJob>(const model::SequencedBatch& batch,
                                                          absl::AnyInvocable<void()> on_rendering, Callback callback)>;

  StreamPipeline(model::BatchSequence sequence, MakeJob make_job)
      : make_job_(std::move(make_job)), sequence_(std::move(sequence)) {}

  // As BatchStream::Next.
  void Next(bool another, Callback callback) ABSL_LOCKS_EXCLUDED(mutex_);
  // All batches on their way, and all later ones, end with CANCELLED.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A batch that has begun: its result, or who waits for it.
  struct Slot {
    std::shared_ptr<BatchJob> job;  // until it is done
    bool rendering = false;         // the engine has all of it
    std::optional<absl::StatusOr<StreamBatch>> result;
    Callback waiting;
  };

  // The slot of the next batch, with a job to start; null after the last. An
  // error has no effect: it is the next batch still.
  absl::StatusOr<std::shared_ptr<Slot>> MakeSlot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The same for the batch after the one that is asked for, which may as well
  // begin later.
  std::shared_ptr<Slot> MakeSlotAhead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return MakeSlot().value_or(nullptr); }
  void Start(const std::shared_ptr<Slot>& slot) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRendering(const std::shared_ptr<Slot>& slot) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnDone(const std::shared_ptr<Slot>& slot, absl::StatusOr<StreamBatch> batch) ABSL_LOCKS_EXCLUDED(mutex_);

  const MakeJob make_job_;
  absl::Mutex mutex_;
  model::BatchSequence sequence_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Slot> current_ ABSL_GUARDED_BY(mutex_);  // asked for last
  std::shared_ptr<Slot> ahead_ ABSL_GUARDED_BY(mutex_);
  bool another_ ABSL_GUARDED_BY(mutex_) = false;  // `ahead_` is wanted
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_STREAM_PIPELINE_H_
