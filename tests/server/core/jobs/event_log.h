// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_
#define FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_state.h"
#include "server/core/jobs/job_watcher.h"

namespace facet::server {

// Writes down what a watcher is told, and lets tests wait for it. May go before
// its watch does.
class EventLog {
 public:
  JobWatcher Watcher() {
    return {[told = told_](const v1::TrainingEvent& event) {
              absl::MutexLock lock(&told->mutex);
              EXPECT_FALSE(told->done.has_value()) << "an event after the end";
              told->events.push_back(event);
            },
            [told = told_](const absl::Status& status) {
              absl::MutexLock lock(&told->mutex);
              EXPECT_FALSE(told->done.has_value()) << "a second end";
              told->done = status;
            }};
  }

  // Blocks until an event is so; fails the test after a minute.
  void WaitFor(const std::function<bool(const v1::TrainingEvent&)>& wanted) {
    Await([&](const Told& told) {
      return std::any_of(told.events.begin(), told.events.end(), wanted) || told.done.has_value();
    });
  }
  void WaitForCount(size_t count) {
    Await([&](const Told& told) { return told.events.size() >= count; });
  }
  void WaitForState(v1::TrainingJobState state, int attempt = 0) {
    WaitFor([&](const auto& event) { return event.state() == state && event.attempt() >= attempt; });
  }
  void WaitForStep(int step) {
    WaitFor([&](const auto& event) { return event.progress().step() >= step; });
  }
  absl::Status WaitForEnd() {
    Await([](const Told& told) { return told.done.has_value(); });
    absl::MutexLock lock(&told_->mutex);
    return told_->done.value_or(absl::UnknownError("no end came"));
  }

  std::vector<v1::TrainingEvent> events() {
    absl::MutexLock lock(&told_->mutex);
    return told_->events;
  }
  // States that the job went through, each once in a row.
  std::vector<std::string> states() {
    std::vector<std::string> states;
    for (const auto& event : events()) {
      const std::string name(JobStateName(event.state()));
      if (states.empty() || states.back() != name) states.push_back(name);
    }
    return states;
  }
  std::vector<std::string> transitions() {
    std::vector<std::string> texts;
    for (const auto& event : events()) {
      if (!event.transition().empty()) texts.push_back(event.transition());
    }
    return texts;
  }

 private:
  static constexpr absl::Duration kPatience = absl::Minutes(1);
  struct Told {
    absl::Mutex mutex;
    std::vector<v1::TrainingEvent> events;
    std::optional<absl::Status> done;
  };

  template <typename Condition>
  void Await(const Condition& condition) {
    absl::MutexLock lock(&told_->mutex);
    const auto there = [&] { return condition(*told_); };
    EXPECT_TRUE(told_->mutex.AwaitWithTimeout(absl::Condition(&there), kPatience)) << "nothing came";
  }

  const std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_EVENT_LOG_H_
