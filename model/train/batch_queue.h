// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_BATCH_QUEUE_H_
#define FACET_MODEL_TRAIN_BATCH_QUEUE_H_

#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/thread.h"
#include "model/train/batch.h"

namespace facet::model {

// Batches of consecutive steps, made ahead on a thread of its own, so that
// neither page faults of mapped images nor conversions hold up a step: one is
// learned from while the next is made.
// Thread-compatible: Next() from one thread.
class BatchQueue {
 public:
  // Makes the batches of steps in [begin, end).
  BatchQueue(std::unique_ptr<BatchSource> source, int begin, int end);
  // Blocks for the batch in the making, at the most.
  ~BatchQueue();

  // Blocks until the next batch is ready. It is valid until the next call.
  // Call it end - begin times at the most.
  const Batch& Next() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Fill(int begin, int end) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasReady() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ready_.empty(); }
  bool HasFreeOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !free_.empty(); }

  std::unique_ptr<BatchSource> source_;
  std::unique_ptr<Batch> current_;
  absl::Mutex mutex_;
  std::deque<std::unique_ptr<Batch>> ready_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Batch>> free_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;  // last: uses everything above
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BATCH_QUEUE_H_
