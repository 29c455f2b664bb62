// SPDX-License-Identifier: Apache-2.0
// Bad days of a JobManager: trainers that die, servers that go and come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "google/protobuf/text_format.h"
#include "server/core/jobs/job_manager.h"
#include "server/core/shutting_down.h"
#include "tests/server/core/jobs/job_harness.h"
#include "tests/server/core/store/full_disk.h"

namespace facet::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class JobRecoveryTest : public JobHarness {
 protected:
  // As if the server had been killed in that state: nobody tells the job.
  void SetState(const std::string& id, v1::TrainingJobState state) {
    v1::TrainingJob job = store_->GetJob(absl::StrCat("trainingJobs/", id))->job;
    job.set_state(state);
    ASSERT_TRUE(store_->PutJob(job).ok());
  }
  // A job in the store with its folder, and no manager that would run it.
  void Prepare(const std::string& id, const std::string& script, v1::TrainingJobState state) {
    Create(id, script);
    EventLog log;
    Watch(id, &log);
    log.WaitForStep(1);
    jobs_.reset();
    SetState(id, state);
  }
};

TEST_F(JobRecoveryTest, KilledTrainerGoesOnFromItsCheckpoint) {
  Create("a", "load step:10 save:10 step:15 once:signal:9 step:20 finish");
  EventLog log;
  Watch("a", &log);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_THAT(log.states(),
              ElementsAre("queued", "starting", "running", "recovering", "starting", "running", "succeeded"));
  EXPECT_THAT(log.transitions(), Contains(HasSubstr("signal 9")));
  EXPECT_THAT(log.transitions(), Contains("training goes on from step 15"));
  EXPECT_EQ(Get("a").attempt(), 2);
}

TEST_F(JobRecoveryTest, TrainerKilledFromOutsideGoesOn) {
  Create("a", "step:1 save:1 once:deaf step:2 finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  launcher_.KillLast(SIGKILL);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Get("a").attempt(), 2);
}

TEST_F(JobRecoveryTest, TrainerThatDiesAgainAndAgainFailsWithTheSignal) {
  const v1::TrainingJob job = RunToEnd("a", "print:still step:1 signal:11");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_EQ(job.attempt(), 4);
  EXPECT_EQ(job.failure().signal(), SIGSEGV);
  EXPECT_THAT(job.failure().message(), HasSubstr("SIGSEGV"));
  EXPECT_THAT(job.failure().log_tail(), ElementsAre("still", "still", "still", "still"));
}

TEST_F(JobRecoveryTest, DeathsAfterNewCheckpointsDoNotAddUp) {
  std::string script;
  for (int step = 1; step <= 8; ++step) absl::StrAppend(&script, "save:", step, " once:signal:", step + 33, " ");
  const v1::TrainingJob job = RunToEnd("a", script + "finish");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_SUCCEEDED) << job.failure().message();
  EXPECT_EQ(job.attempt(), 9);
}

TEST_F(JobRecoveryTest, PausingTrainerThatDiesIsPaused) {
  Create("a", "step:1 once:deaf finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  ASSERT_TRUE(Pause("a").ok());
  launcher_.KillLast(SIGKILL);
  log.WaitForState(v1::TRAINING_JOB_STATE_PAUSED);
  ASSERT_TRUE(Resume("a").ok());
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobRecoveryTest, ShutdownKeepsRunningJobsForTheNextServer) {
  Create("a", "step:10 save:10 once:hang step:20 finish");
  Create("b", "finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(10);
  jobs().Shutdown();
  EXPECT_EQ(log.WaitForEnd(), ShuttingDownError());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_RECOVERING);
  EXPECT_EQ(Get("b").state(), v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_EQ(jobs().CreateJob(MakeRequest("c", "finish")).status(), ShuttingDownError());
  v1::WatchTrainingJobRequest watch;
  watch.set_name("a");
  EXPECT_TRUE(absl::IsUnavailable(jobs().Watch(watch, log.Watcher()).status()));

  Restart();
  EventLog first;
  EventLog second;
  Watch("a", &first);
  Watch("b", &second);
  EXPECT_TRUE(first.WaitForEnd().ok());
  EXPECT_TRUE(second.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Get("a").attempt(), 2);
}

// Whatever the priority of those that wait; they were made earlier, besides.
TEST_F(JobRecoveryTest, JobThatRanGoesOnBeforeAnyOtherWhenTheServerIsStartedAnew) {
  Create("first", "step:1 hang");
  EventLog first;
  Watch("first", &first);
  first.WaitForStep(1);
  auto urgent = MakeRequest("urgent", "finish");
  urgent.set_priority(100);
  ASSERT_TRUE(jobs().CreateJob(urgent).ok());
  ASSERT_TRUE(Pause("urgent").ok());
  Create("running", "step:1 save:1 once:hang step:2 finish");
  ASSERT_TRUE(Cancel("first", true).ok());
  EventLog before;
  Watch("running", &before);
  before.WaitForStep(1);
  ASSERT_TRUE(Resume("urgent").ok());
  Restart();
  for (const char* id : {"running", "urgent"}) {
    EventLog log;
    Watch(id, &log);
    EXPECT_TRUE(log.WaitForEnd().ok());
  }
  const auto nanos = [](const auto& time) { return time.seconds() * 1'000'000'000 + time.nanos(); };
  EXPECT_LE(nanos(Get("running").end_time()), nanos(Get("urgent").start_time()));
}

TEST_F(JobRecoveryTest, OnAFullDiskJobsAreStoppedAndRemovedAndTheServerStartsAnew) {
  FullDisk disk(store_.folder().path());
  for (const char* id : {"a", "b"}) {
    Create(id, "step:1 hang");
    EventLog log;
    Watch(id, &log);
    log.WaitForStep(1);
    disk.Fill();
    EXPECT_TRUE(Pause(id).ok());
    log.WaitForState(v1::TRAINING_JOB_STATE_PAUSED);
    disk.MakeRoom();
  }
  ASSERT_TRUE(Resume("a").ok());
  EventLog log;
  Watch("a", &log, Get("a").revision());
  log.WaitForState(v1::TRAINING_JOB_STATE_RUNNING);
  disk.Fill();
  Restart();
  EXPECT_TRUE(Cancel("b").ok());
  EXPECT_TRUE(Delete("b").ok());
  EXPECT_TRUE(Cancel("a", true).ok());
  EventLog last;
  Watch("a", &last);
  EXPECT_TRUE(last.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_TRUE(Delete("a").ok());
}

TEST_F(JobRecoveryTest, WatchGoesOnAcrossServers) {
  Create("a", "step:10 save:10 once:hang step:20 finish");
  EventLog before;
  Watch("a", &before);
  before.WaitForStep(10);
  Restart();
  before.WaitForEnd().IgnoreError();
  const int64_t seen = before.events().back().revision();
  EventLog after;
  Watch("a", &after, seen);
  EXPECT_TRUE(after.WaitForEnd().ok());
  EXPECT_EQ(after.events().front().revision(), seen + 1);
}

TEST_F(JobRecoveryTest, JobsThatRanWhenTheServerDiedRunAgain) {
  for (const auto state : {v1::TRAINING_JOB_STATE_STARTING, v1::TRAINING_JOB_STATE_RUNNING}) {
    const std::string id = absl::StrCat("j", static_cast<int>(state));
    Prepare(id, "step:1 save:1 once:hang finish", state);
    Restart();
    EventLog log;
    Watch(id, &log);
    EXPECT_TRUE(log.WaitForEnd().ok());
    EXPECT_EQ(Get(id).state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
    EXPECT_THAT(log.transitions(), Contains("the server was started anew"));
  }
}

TEST_F(JobRecoveryTest, JobBeingPausedWhenTheServerDiedIsPaused) {
  Prepare("a", "step:1 hang", v1::TRAINING_JOB_STATE_PAUSING);
  Restart();
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_PAUSED);
}

TEST_F(JobRecoveryTest, JobBeingCancelledWhenTheServerDiedIsCancelled) {
  Prepare("a", "step:1 hang", v1::TRAINING_JOB_STATE_CANCELLING);
  Restart();
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
}

TEST_F(JobRecoveryTest, ChangedPresetDoesNotChangeAJobThatWasAccepted) {
  TempFolder presets;
  const auto write = [&](const std::string& script) {
    v1::Preset preset = SpecFor(script).inline_preset();
    std::string text;
    EXPECT_TRUE(google::protobuf::TextFormat::PrintToString(preset, &text));
    EXPECT_TRUE(FileSystem::Posix()->WriteFileAtomically(presets / "digits.textproto", text).ok());
  };
  write("step:1 save:1 once:hang finish");
  options_.preset_dir = presets.path();
  auto request = MakeRequest("a", "");
  request.mutable_spec()->set_preset("digits");
  ASSERT_TRUE(jobs().CreateJob(request).ok());
  EventLog before;
  Watch("a", &before);
  before.WaitForStep(1);
  write("exit:9");
  Restart();
  EventLog after;
  Watch("a", &after);
  EXPECT_TRUE(after.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace facet::server
