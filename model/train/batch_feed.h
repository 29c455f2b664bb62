// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_BATCH_FEED_H_
#define FACET_MODEL_TRAIN_BATCH_FEED_H_

#include <c10/core/Device.h>

#include <deque>
#include <exception>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/thread.h"
#include "model/train/batch.h"
#include "model/train/batch_queue.h"
#include "model/train/batch_tensors.h"

namespace facet::model {

// Batches of consecutive steps on the device that learns from them, so that a
// GPU never waits for one: while it learns from a batch, the next is copied to
// it on a stream of its own, from a thread of its own, and the one after that
// is made (BatchQueue). On the CPU the batches are views of what is made.
// Thread-compatible: Next() from one thread.
class BatchFeed {
 public:
  // The batches of steps in [begin, end).
  BatchFeed(std::unique_ptr<BatchSource> source, int begin, int end, c10::Device device);
  // Blocks for the batch in the making, at the most.
  ~BatchFeed();

  // Blocks until the next batch is there. On the CPU it is valid until the next
  // call. Call it end - begin times at the most. Throws what LibTorch threw
  // while copying, memory of the device that ran out for one.
  BatchTensors Next() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Copy(int count) ABSL_LOCKS_EXCLUDED(mutex_);
  void CopyAll(int count) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasReady() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ready_.empty() || error_ != nullptr; }
  bool HasRoomOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || ready_.empty(); }

  const c10::Device device_;
  BatchQueue batches_;
  absl::Mutex mutex_;
  std::deque<BatchTensors> ready_ ABSL_GUARDED_BY(mutex_);
  std::exception_ptr error_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;  // last: uses everything above; not started on the CPU
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BATCH_FEED_H_
