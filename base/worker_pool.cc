// SPDX-License-Identifier: Apache-2.0
#include "base/worker_pool.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet {

WorkerPool::WorkerPool(const std::string& name, int threads, int max_queued) : max_queued_(max_queued) {
  // Where a thread cannot be started, those before it must not be joined while
  // they wait for tasks.
  absl::Cleanup stopper = [this] { Stop(); };
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back(absl::StrCat(name, "-", i), [this] { Run(); });
  }
  std::move(stopper).Cancel();
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  threads_.clear();
}

absl::Status WorkerPool::Schedule(Task task) {
  absl::MutexLock lock(&mutex_);
  if (queue_.size() >= max_queued_) {
    return WithRetryAfter(
        WithReason(absl::ResourceExhaustedError(absl::StrCat("the queue is full: ", max_queued_, " tasks wait")),
                   "QUEUE_FULL"),
        absl::Milliseconds(200));
  }
  queue_.push_back(std::move(task));
  return absl::OkStatus();
}

void WorkerPool::Run() {
  auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    std::move(task)();
  }
}

}  // namespace facet
