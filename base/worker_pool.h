// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_WORKER_POOL_H_
#define FACET_BASE_WORKER_POOL_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/thread.h"

namespace facet {

// A fixed number of threads and a bounded queue in front of them. The
// destructor runs what was accepted, then joins. Thread-safe.
class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // `threads` and `max_queued` are at least 1. Throws std::system_error where the
  // system has no thread left, as Thread does.
  WorkerPool(const std::string& name, int threads, int max_queued);
  ~WorkerPool();

  // Takes `task` only if it returns OK. RESOURCE_EXHAUSTED: the queue is full.
  // Does not block.
  absl::Status Schedule(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t max_queued_;
  absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_;
};

}  // namespace facet

#endif  // FACET_BASE_WORKER_POOL_H_
