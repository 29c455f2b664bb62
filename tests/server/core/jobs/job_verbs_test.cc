// SPDX-License-Identifier: Apache-2.0
// Pause, resume and cancel, alone and at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using JobVerbsTest = JobHarness;

TEST_F(JobVerbsTest, PausedJobGoesOnWhereItWas) {
  Create("a", "load step:10 save:10 once:hang step:20 finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(10);
  EXPECT_EQ(Pause("a")->state(), v1::TRAINING_JOB_STATE_PAUSING);
  EXPECT_TRUE(Pause("a").ok());
  log.WaitForState(v1::TRAINING_JOB_STATE_PAUSED);
  EXPECT_THAT(log.transitions().back(), HasSubstr("saved step 10"));
  EXPECT_EQ(Resume("a")->state(), v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_THAT(log.states(), ElementsAre("queued", "starting", "running", "pausing", "paused", "queued", "starting",
                                        "running", "succeeded"));
  EXPECT_EQ(Get("a").attempt(), 2);
}

TEST_F(JobVerbsTest, OnlyAPausedJobIsResumed) {
  Create("a", "step:1 hang");
  EXPECT_TRUE(absl::IsFailedPrecondition(Resume("a").status()));
}

TEST_F(JobVerbsTest, QueuedJobIsPausedAndCancelledAtOnce) {
  Create("a", "step:1 hang");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  Create("b", "finish");
  Create("c", "finish");
  EXPECT_EQ(Pause("b")->state(), v1::TRAINING_JOB_STATE_PAUSED);
  EXPECT_EQ(Cancel("c")->state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_EQ(Cancel("c")->state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_EQ(Cancel("b")->state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_EQ(Get("b").attempt(), 0);
}

// What the ledger says last is what the queue is told last.
TEST_F(JobVerbsTest, JobResumedBeforeTheQueueHearsOfThePauseStaysInIt) {
  absl::Notification paused;
  absl::Notification resumed;
  options_.on_command = [&](const v1::TrainingJob& job) {
    if (job.state() != v1::TRAINING_JOB_STATE_PAUSED) return;
    paused.Notify();
    // Which it is at once, unless the two take turns.
    resumed.WaitForNotificationWithTimeout(absl::Milliseconds(500));
  };
  Create("first", "step:1 hang");
  EventLog first;
  Watch("first", &first);
  first.WaitForStep(1);
  Create("a", "finish");
  {
    const Thread pausing("pausing", [&] { EXPECT_TRUE(Pause("a").ok()); });
    paused.WaitForNotification();
    EXPECT_TRUE(Resume("a").ok());
    resumed.Notify();
  }
  ASSERT_TRUE(Cancel("first", true).ok());
  EventLog log;
  Watch("a", &log);
  EXPECT_TRUE(log.WaitForEnd().ok()) << "it waits and is not in the queue";
}

TEST_F(JobVerbsTest, PauseAndResumeAtOnceLoseNoQueuedJob) {
  constexpr int kJobs = 40;
  constexpr int kRounds = 5;
  Create("first", "step:1 hang");
  EventLog first;
  Watch("first", &first);
  first.WaitForStep(1);
  for (int i = 0; i < kJobs; ++i) Create(absl::StrCat("j", i), "finish");
  std::barrier<> both(2);
  const auto repeat = [&](const std::function<void(const std::string&)>& ask) {
    for (int i = 0; i < kJobs; ++i) {
      both.arrive_and_wait();
      for (int round = 0; round < kRounds; ++round) ask(absl::StrCat("j", i));
    }
  };
  {
    const Thread pausing("pausing", [&] { repeat([&](const auto& id) { EXPECT_TRUE(Pause(id).ok()); }); });
    // Refused where the job is queued.
    const Thread resuming("resuming", [&] { repeat([&](const auto& id) { Resume(id).status().IgnoreError(); }); });
  }
  for (int i = 0; i < kJobs; ++i) {
    const std::string id = absl::StrCat("j", i);
    const bool paused = Get(id).state() == v1::TRAINING_JOB_STATE_PAUSED;
    ASSERT_TRUE(!paused || Resume(id).ok()) << id;
  }
  ASSERT_TRUE(Cancel("first", true).ok());
  for (int i = 0; i < kJobs && !HasFailure(); ++i) {
    EventLog log;
    Watch(absl::StrCat("j", i), &log);
    EXPECT_TRUE(log.WaitForEnd().ok()) << "job " << i << " waits and is not in the queue";
  }
}

TEST_F(JobVerbsTest, CancelLetsTheTrainerSave) {
  Create("a", "step:1 hang");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  EXPECT_EQ(Cancel("a")->state(), v1::TRAINING_JOB_STATE_CANCELLING);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_THAT(log.transitions().back(), HasSubstr("saved step"));
}

TEST_F(JobVerbsTest, CancelNowKills) {
  Create("a", "step:1 deaf");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  ASSERT_TRUE(Cancel("a").ok());
  ASSERT_TRUE(Cancel("a", true).ok());
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
}

TEST_F(JobVerbsTest, EndedJobCannotBeCancelledOrPaused) {
  RunToEnd("a", "finish");
  EXPECT_TRUE(absl::IsFailedPrecondition(Cancel("a").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Pause("a").status()));
}

}  // namespace
}  // namespace facet::server
