// SPDX-License-Identifier: Apache-2.0
// Time-dependent behaviour, by a fake clock; the rest is seen through
// job_manager_test.cc and job_recovery_test.cc.
#include "server/core/jobs/job_supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "server/core/jobs/job_watches.h"
#include "server/core/store/sqlite.h"
#include "tests/server/core/jobs/event_log.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JobSupervisorTest : public testing::Test {
 protected:
  JobSupervisorTest() : watches_({store_.get(), Clock::Real(), 100, absl::Minutes(10)}) {
    ledger_ = JobLedger::Create({store_.get(), &clock_, metrics_.get(), 10,
                                 [this](const std::string& job) {
                                   const auto found = store_->GetJob(job);
                                   if (found.ok() && on_change_) on_change_(found->job);
                                   if (found.ok() && found->job.state() == v1::TRAINING_JOB_STATE_STARTING) {
                                     started_.push_back(job);
                                   }
                                   watches_.Notify(job);
                                 }})
                  .value();
    JobSupervisorOptions options;
    options.root = store_.folder() / "jobs";
    options.trainer_path = FACET_FAKE_TRAINER;
    options.ledger = ledger_.get();
    options.clock = &clock_;
    options.launcher = ProcessLauncher::Posix();
    options.metrics = metrics_.get();
    // A wait of its own would make the tests' counting of waits ambiguous.
    options.max_silence = absl::InfiniteDuration();
    options_ = options;
    supervisor_ = std::make_unique<JobSupervisor>(options);
  }

  // Moves the clock step by step until the store, which is written before anyone
  // acts on it, says so.
  void AdvanceUntil(absl::Duration step, const std::function<bool()>& holds) {
    while (!holds()) {
      clock_.Advance(step);
      std::this_thread::yield();
    }
  }
  bool WasRecovering(const std::string& id) {
    const auto events = store_->ListEvents(absl::StrCat("trainingJobs/", id), 0, 1000).value();
    return std::any_of(events.begin(), events.end(),
                       [](const auto& event) { return event.state() == v1::TRAINING_JOB_STATE_RECOVERING; });
  }

  // Puts `trainingJobs/<id>` into the ledger.
  void Insert(const std::string& id, const std::string& script) {
    const std::string folder = absl::StrCat(store_.folder() / "jobs/", id);
    internal::TrainerSpec spec;
    spec.mutable_preset()->set_description(script);
    FileSystem* files = FileSystem::Posix();
    ASSERT_TRUE(files->CreateDirs(folder).ok());
    ASSERT_TRUE(files->WriteFileAtomically(absl::StrCat(folder, "/spec.binpb"), spec.SerializeAsString()).ok());
    v1::TrainingJob job;
    job.set_name(absl::StrCat("trainingJobs/", id));
    ASSERT_TRUE(ledger_->Insert(job, "").ok());
  }
  // Queues it and watches it.
  void Run(const std::string& id, const std::string& script, EventLog* log, JobRank rank = {}) {
    Insert(id, script);
    const std::string name = absl::StrCat("trainingJobs/", id);
    ASSERT_TRUE(watches_.Add(name, 0, log->Watcher()).ok());
    supervisor_->Enqueue(name, rank);
  }
  v1::TrainingJob Get(const std::string& id) { return store_->GetJob(absl::StrCat("trainingJobs/", id))->job; }

  TempStore store_;
  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  std::vector<std::string> started_;  // by the supervisor's thread
  std::function<void(const v1::TrainingJob&)> on_change_;
  JobWatches watches_;
  std::unique_ptr<JobLedger> ledger_;
  JobSupervisorOptions options_;
  std::unique_ptr<JobSupervisor> supervisor_;
};

TEST_F(JobSupervisorTest, DeafTrainerIsKilledWhenTheGraceIsOver) {
  EventLog log;
  Run("a", "step:1 deaf", &log);
  log.WaitForStep(1);
  ASSERT_TRUE(ledger_->Apply("trainingJobs/a", JobVerb::kCancel, "cancel").ok());
  supervisor_->Stop("trainingJobs/a", false);
  clock_.BlockUntilWaiters(1);
  clock_.Advance(absl::Seconds(29));
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLING);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
  EXPECT_THAT(log.transitions().back(), HasSubstr("did not stop within the grace"));
}

TEST_F(JobSupervisorTest, RestartWaitsLongerEachTime) {
  EventLog log;
  Run("a", "signal:9", &log);
  int attempt = 1;
  for (const int seconds : {1, 2, 4}) {
    log.WaitForState(v1::TRAINING_JOB_STATE_RECOVERING, attempt);
    clock_.BlockUntilWaiters(1);
    clock_.Advance(absl::Seconds(seconds) - absl::Milliseconds(1));
    EXPECT_EQ(Get("a").attempt(), attempt);
    clock_.Advance(absl::Milliseconds(1));
    log.WaitForState(v1::TRAINING_JOB_STATE_STARTING, ++attempt);
  }
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_EQ(Get("a").attempt(), 4);
  EXPECT_EQ(Get("a").failure().signal(), 9);
  EXPECT_THAT(Get("a").failure().message(), HasSubstr("4th time in a row"));
}

TEST_F(JobSupervisorTest, JobThatWaitsForItsRestartKeepsItsPlace) {
  EventLog first;
  EventLog low;
  EventLog high;
  Run("a", "once:signal:9 finish", &first);
  first.WaitForState(v1::TRAINING_JOB_STATE_RECOVERING);
  Run("low", "finish", &low, {-50, false});
  Run("high", "finish", &high, {50, false});
  clock_.BlockUntilWaiters(1);
  clock_.Advance(absl::Seconds(1));
  for (EventLog* log : {&first, &low, &high}) EXPECT_TRUE(log->WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_THAT(started_, ElementsAre("trainingJobs/a", "trainingJobs/a", "trainingJobs/high", "trainingJobs/low"));
}

TEST_F(JobSupervisorTest, PlaceIsKeptBesideOthersThatRun) {
  options_.max_running = 2;
  supervisor_ = std::make_unique<JobSupervisor>(options_);
  EventLog dying;
  EventLog running;
  EventLog waiting;
  Run("running", "step:1 hang", &running);
  running.WaitForStep(1);
  Run("dying", "once:signal:9 step:1 hang", &dying);
  dying.WaitForState(v1::TRAINING_JOB_STATE_RECOVERING);
  Run("waiting", "finish", &waiting, {50, false});
  clock_.BlockUntilWaiters(1);
  clock_.Advance(absl::Seconds(1));
  dying.WaitForStep(1);
  EXPECT_EQ(Get("waiting").state(), v1::TRAINING_JOB_STATE_QUEUED);
  ASSERT_TRUE(ledger_->Apply("trainingJobs/running", JobVerb::kCancel, "cancel").ok());
  supervisor_->Stop("trainingJobs/running", true);
  EXPECT_TRUE(waiting.WaitForEnd().ok());
  EXPECT_EQ(Get("dying").state(), v1::TRAINING_JOB_STATE_RUNNING);
  supervisor_->Shutdown();
}

TEST_F(JobSupervisorTest, JobCancelledWhileItWaitsForItsRestartFreesItsPlaceAtOnce) {
  EventLog first;
  EventLog second;
  Run("a", "signal:9", &first);
  first.WaitForState(v1::TRAINING_JOB_STATE_RECOVERING);
  Run("b", "finish", &second);
  clock_.BlockUntilWaiters(1);
  ASSERT_TRUE(ledger_->Apply("trainingJobs/a", JobVerb::kCancel, "cancel").ok());
  supervisor_->Dequeue("trainingJobs/a");
  EXPECT_TRUE(second.WaitForEnd().ok());
  EXPECT_EQ(Get("b").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

// Its thread has told the ledger and not yet queued it.
TEST_F(JobSupervisorTest, JobCancelledInTheInstantOfItsDeathKeepsNoPlace) {
  on_change_ = [this](const v1::TrainingJob& job) {
    if (job.state() != v1::TRAINING_JOB_STATE_RECOVERING) return;
    EXPECT_TRUE(ledger_->Apply(job.name(), JobVerb::kCancel, "cancel").ok());
    supervisor_->Dequeue(job.name());
  };
  EventLog first;
  EventLog second;
  Run("a", "signal:9", &first);
  EXPECT_TRUE(first.WaitForEnd().ok());
  Run("b", "finish", &second);
  EXPECT_TRUE(second.WaitForEnd().ok());
  EXPECT_EQ(Get("b").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobSupervisorTest, TroubleWithTheStoreOfWhateverKindIsWaitedOut) {
  Insert("a", "finish");
  const std::string good = Get("a").SerializeAsString();
  const auto database = Database::Open(store_.folder() / "facet.db").value();
  ASSERT_TRUE(database->Run("UPDATE jobs SET job = ?", Blob{"no job"}).ok());
  ASSERT_TRUE(absl::IsDataLoss(store_->GetJob("trainingJobs/a").status()));
  supervisor_->Enqueue("trainingJobs/a");
  clock_.BlockUntilWaiters(1);
  ASSERT_TRUE(database->Run("UPDATE jobs SET job = ?", Blob{good}).ok());
  EventLog log;
  ASSERT_TRUE(watches_.Add("trainingJobs/a", 0, log.Watcher()).ok());
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobSupervisorTest, SilentTrainerIsKilledAndStartedAgain) {
  options_.max_silence = absl::Seconds(60);
  supervisor_ = std::make_unique<JobSupervisor>(options_);
  EventLog log;
  Run("a", "step:1 save:1 once:deaf step:2 finish", &log);
  log.WaitForStep(1);
  // What it said at last may be heard a little later than it was written down,
  // and the pause counts from when the supervisor hears of the death: no single
  // step of the clock is sure to come after either.
  AdvanceUntil(absl::Seconds(61), [&] { return WasRecovering("a"); });
  AdvanceUntil(absl::Milliseconds(100), [&] { return Get("a").attempt() == 2; });
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  const auto attempts = store_->ListAttempts("trainingJobs/a", 10).value();
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].end(), v1::TrainingAttempt::END_HUNG);
  EXPECT_EQ(attempts[0].signal(), 9);
  EXPECT_EQ(attempts[1].end(), v1::TrainingAttempt::END_FINISHED);
}

TEST_F(JobSupervisorTest, ThoseThatHadBegunStartFirstThenByPriorityThenInOrder) {
  EventLog first;
  Run("a", "step:1 hang", &first);
  first.WaitForStep(1);
  EventLog logs[5];
  Run("plain", "finish", &logs[0]);
  Run("second", "finish", &logs[1]);
  Run("low", "finish", &logs[2], {-5, false});
  Run("begun", "finish", &logs[3], {0, true});
  Run("high", "finish", &logs[4], {7, false});
  ASSERT_TRUE(ledger_->Apply("trainingJobs/a", JobVerb::kCancel, "cancel").ok());
  supervisor_->Stop("trainingJobs/a", true);
  for (EventLog& log : logs) EXPECT_TRUE(log.WaitForEnd().ok());
  std::vector<std::string> order;
  for (const auto& started : started_) order.push_back(started.substr(started.rfind('/') + 1));
  EXPECT_THAT(order, ElementsAre("a", "begun", "high", "plain", "second", "low"));
}

TEST_F(JobSupervisorTest, ShutdownKillsADeafTrainerAndKeepsItsJob) {
  EventLog log;
  Run("a", "step:1 deaf", &log);
  log.WaitForStep(1);
  {
    Thread shutdown("shutdown", [this] { supervisor_->Shutdown(); });
    clock_.BlockUntilWaiters(1);
    clock_.Advance(absl::Seconds(30));
  }
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_RECOVERING);
}

TEST_F(JobSupervisorTest, NothingStartsAfterShutdown) {
  supervisor_->Shutdown();
  EventLog log;
  Run("a", "finish", &log);
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_QUEUED);
  watches_.Close(absl::UnavailableError("the log goes"));
}

}  // namespace
}  // namespace facet::server
