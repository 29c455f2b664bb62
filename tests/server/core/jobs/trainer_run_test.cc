// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/file_system.h"
#include "base/thread.h"
#include "tests/base/few_threads.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TrainerRunTest : public testing::Test {
 protected:
  void Start(const std::string& script) {
    internal::TrainerSpec spec;
    spec.mutable_preset()->set_description(script);
    ASSERT_TRUE(FileSystem::Posix()->WriteFileAtomically(folder_ / "spec.binpb", spec.SerializeAsString()).ok());
    TrainerRunOptions options;
    options.launcher = ProcessLauncher::Posix();
    options.trainer_path = trainer_;
    options.job_dir = folder_.path();
    options.on_event = [this](const internal::TrainerEvent& event) {
      if (event.has_progress()) steps_.push_back(event.progress().step());
      if (event.progress().step() == 1) first_step_.Notify();
    };
    options.on_exit = [this](const TrainerOutcome& outcome) {
      outcome_ = outcome;
      ended_.Notify();
    };
    run_ = std::make_unique<TrainerRun>(std::move(options));
    if (!started_by_hand_) run_->Start();
  }
  TrainerOutcome WaitForEnd() {
    ended_.WaitForNotification();
    return *outcome_;
  }

  TempFolder folder_;
  std::string trainer_ = FACET_FAKE_TRAINER;
  bool started_by_hand_ = false;
  std::vector<int> steps_;
  absl::Notification first_step_;
  absl::Notification ended_;
  std::optional<TrainerOutcome> outcome_;
  std::unique_ptr<TrainerRun> run_;
};

TEST_F(TrainerRunTest, TellsEventsThenTheOutcome) {
  Start("load step:1 step:2 finish");
  const TrainerOutcome outcome = WaitForEnd();
  EXPECT_EQ(outcome.verb, JobVerb::kFinished);
  EXPECT_EQ(outcome.report.train_psnr_db(), 30);
  EXPECT_THAT(steps_, ElementsAre(0, 1, 2));
}

TEST_F(TrainerRunTest, StopLetsItSave) {
  Start("step:1 save:1 hang");
  first_step_.WaitForNotification();
  run_->Stop();
  EXPECT_EQ(WaitForEnd().verb, JobVerb::kStopped);
  EXPECT_THAT(outcome_->message, HasSubstr("saved step 1"));
}

TEST_F(TrainerRunTest, KillEndsADeafOne) {
  Start("step:1 deaf");
  first_step_.WaitForNotification();
  run_->Stop();
  run_->Kill();
  EXPECT_EQ(WaitForEnd().exit.signal, SIGKILL);
  EXPECT_EQ(outcome_->verb, JobVerb::kStopped);
}

TEST_F(TrainerRunTest, StopBeforeTheStartMakesNoProcess) {
  started_by_hand_ = true;
  Start("step:1 finish");
  run_->Stop();
  run_->Start();
  EXPECT_EQ(WaitForEnd().verb, JobVerb::kStopped);
  EXPECT_TRUE(steps_.empty());
}

// It is tried again, as where there is no room for a process.
TEST_F(TrainerRunTest, WithoutAThreadItDiesInStart) {
  ExpectThrowsWithFewThreads([&] {
    absl::Notification never;
    std::vector<Thread> others;
    try {
      while (true) others.emplace_back("other", [&] { never.WaitForNotification(); });
    } catch (const std::system_error&) {
      started_by_hand_ = true;
      Start("finish");
      run_->Start();
    }
    const bool died = ended_.HasBeenNotified() && outcome_->verb == JobVerb::kDied;
    std::_Exit(died && outcome_->reason == "TRAINER_NOT_STARTED" ? 0 : 1);
  });
}

TEST_F(TrainerRunTest, NonsenseOnThePipeEndsIt) {
  Start("step:1 garbage deaf");
  EXPECT_EQ(WaitForEnd().verb, JobVerb::kFailed);
  EXPECT_THAT(outcome_->message, HasSubstr("the trainer sent"));
}

TEST_F(TrainerRunTest, MissingProgramIsSaid) {
  trainer_ = "/nowhere/facet-trainer";
  Start("");
  EXPECT_EQ(WaitForEnd().verb, JobVerb::kFailed);
  EXPECT_THAT(outcome_->message, HasSubstr("/nowhere/facet-trainer"));
}

TEST_F(TrainerRunTest, DestructorKillsAndWaits) {
  Start("step:1 deaf");
  first_step_.WaitForNotification();
  run_.reset();
  EXPECT_TRUE(ended_.HasBeenNotified());
}

TEST_F(TrainerRunTest, OutputGoesToTheLog) {
  Start("print:hello finish");
  WaitForEnd();
  EXPECT_EQ(FileSystem::Posix()->ReadFile(folder_ / "trainer.log").value(), "hello\n");
}

}  // namespace
}  // namespace facet::server
