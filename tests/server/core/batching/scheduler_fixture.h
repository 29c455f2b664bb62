// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_BATCHING_SCHEDULER_FIXTURE_H_
#define FACET_TESTS_SERVER_CORE_BATCHING_SCHEDULER_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "gtest/gtest.h"
#include "server/core/batching/batch_scheduler.h"
#include "tests/server/core/batching/puppet_engine.h"

namespace facet::server {

using Scheduler = BatchScheduler<std::string, std::string>;

// How a task ended.
class Outcome {
 public:
  absl::StatusCode Await() {
    done_.WaitForNotification();
    return status_.code();
  }
  bool done() const { return done_.HasBeenNotified(); }
  void Set(absl::Status status) {
    status_ = std::move(status);
    done_.Notify();  // dies of a second call
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Notification done_;
  absl::Status status_;
};

// A scheduler over an engine whose batches the test lets go, by a clock that
// the test moves.
class BatchSchedulerTest : public ::testing::Test {
 protected:
  void Start(int max_batch = 8, int max_queue = 64, absl::Duration batch_wait = absl::ZeroDuration(),
             absl::Duration polite_batch = absl::ZeroDuration()) {
    Scheduler::Options options;
    options.max_batch = max_batch;
    options.max_queue = max_queue;
    options.batch_wait = batch_wait;
    options.polite_batch = polite_batch;
    options.clock = &clock_;
    options.engine = [this](const std::string& key, absl::Span<const PuppetEngine::Slice> slices) {
      return engine_.Compute(key, slices);
    };
    auto scheduler = Scheduler::Create(std::move(options));
    ASSERT_TRUE(scheduler.ok()) << scheduler.status();
    scheduler_ = *std::move(scheduler);
  }

  // Submits `items` items of task `name`; outcomes_[name] tells its end.
  absl::StatusOr<int64_t> Submit(const std::string& name, int items, const std::string& key = "m",
                                 BatchPriority priority = BatchPriority::kInteractive,
                                 absl::Duration timeout = absl::InfiniteDuration()) {
    auto outcome = std::make_shared<Outcome>();
    outcomes_[name] = outcome;
    Scheduler::Request request;
    request.key = key;
    request.task = name;
    request.items = items;
    request.priority = priority;
    request.deadline = clock_.Now() + timeout;
    request.done = [outcome](absl::Status status) { outcome->Set(std::move(status)); };
    return scheduler_->Submit(std::move(request));
  }

  // Checks the batch in the engine and lets it go.
  void ExpectBatch(const std::string& batch) {
    EXPECT_EQ(engine_.AwaitBatch(), batch);
    engine_.Finish();
  }

  FakeClock clock_;
  PuppetEngine engine_;
  std::map<std::string, std::shared_ptr<Outcome>> outcomes_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_BATCHING_SCHEDULER_FIXTURE_H_
