// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_
#define FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_state.h"
#include "server/core/jobs/job_watcher.h"

namespace facet::server {

// Writes down what a watcher is told, and lets tests wait for it. Outlives the
// watch.
class EventLog {
 public:
  JobWatcher Watcher() {
    return {[this](const v1::TrainingEvent& event) {
              absl::MutexLock lock(&mutex_);
              EXPECT_FALSE(done_.has_value()) << "an event after the end";
              events_.push_back(event);
            },
            [this](const absl::Status& status) {
              absl::MutexLock lock(&mutex_);
              EXPECT_FALSE(done_.has_value()) << "a second end";
              done_ = status;
            }};
  }

  // Blocks until an event is so; fails the test after a minute.
  void WaitFor(const std::function<bool(const v1::TrainingEvent&)>& wanted) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      for (const auto& event : events_) {
        if (wanted(event)) return true;
      }
      return done_.has_value();
    };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience)) << "nothing came";
  }
  void WaitForState(v1::TrainingJobState state, int attempt = 0) {
    WaitFor([&](const auto& event) { return event.state() == state && event.attempt() >= attempt; });
  }
  void WaitForStep(int step) {
    WaitFor([&](const auto& event) { return event.progress().step() >= step; });
  }
  absl::Status WaitForEnd() {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return done_.has_value(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience))
      return absl::UnknownError("no end came");
    return *done_;
  }

  std::vector<v1::TrainingEvent> events() {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  // States that the job went through, each once in a row.
  std::vector<std::string> states() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> states;
    for (const auto& event : events_) {
      const std::string name(JobStateName(event.state()));
      if (states.empty() || states.back() != name) states.push_back(name);
    }
    return states;
  }
  std::vector<std::string> transitions() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> texts;
    for (const auto& event : events_) {
      if (!event.transition().empty()) texts.push_back(event.transition());
    }
    return texts;
  }

 private:
  static constexpr absl::Duration kPatience = absl::Minutes(1);
  absl::Mutex mutex_;
  std::vector<v1::TrainingEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_
