// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_BATCHING_PUPPET_ENGINE_H_
#define FACET_TESTS_SERVER_CORE_BATCHING_PUPPET_ENGINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/core/batching/batch_scheduler.h"

namespace facet::server {

// An engine that a test drives by hand: it holds each batch until the test
// lets it go. Tasks are strings. Thread-safe.
class PuppetEngine {
 public:
  using Slice = BatchSlice<std::string>;

  // What the scheduler calls; blocks until Finish.
  absl::Status Compute(const std::string& key, absl::Span<const Slice> slices) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    std::string text = absl::StrCat(key, ":");
    for (const Slice& slice : slices) {
      absl::StrAppend(&text, " ", *slice.task, "[", slice.begin, ",", slice.begin + slice.count, ")");
    }
    running_ = text;
    answer_.reset();
    auto answered = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return answer_.has_value(); };
    mutex_.Await(absl::Condition(&answered));
    running_.reset();
    return *answer_;
  }

  // Blocks until a batch is being computed and describes it, such as
  // "model: a[0,4) b[0,2)". The same one until it is finished.
  std::string AwaitBatch() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    auto running = [this]()
                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_.has_value() && !answer_.has_value(); };
    mutex_.Await(absl::Condition(&running));
    return *running_;
  }

  // Lets the batch go that AwaitBatch told of.
  void Finish(absl::Status status = absl::OkStatus()) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(status);
  }

  bool idle() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return !running_.has_value();
  }

 private:
  absl::Mutex mutex_;
  std::optional<std::string> running_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> answer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_BATCHING_PUPPET_ENGINE_H_
