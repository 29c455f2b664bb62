// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/fake_clock.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kJob[] = "trainingJobs/a";

class JobLedgerTest : public testing::Test {
 protected:
  JobLedgerTest() { Reopen(); }

  void Reopen(int max_queued = 3) {
    auto ledger = JobLedger::Create({store_.get(), &clock_, metrics_.get(), max_queued,
                                     [this](const std::string& job) { changed_.push_back(job); }});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }
  absl::Status Insert(const std::string& id) {
    v1::TrainingJob job;
    job.set_name(absl::StrCat("trainingJobs/", id));
    return ledger_->Insert(job, "").status();
  }
  absl::Status Apply(JobVerb verb) { return ledger_->Apply(kJob, verb, "because").status(); }
  v1::TrainingJob Job() { return store_->GetJob(kJob)->job; }
  std::vector<v1::TrainingEvent> Events() { return store_->ListEvents(kJob, 0, 100).value(); }

  TempStore store_;
  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  std::vector<std::string> changed_;
  std::unique_ptr<JobLedger> ledger_;
};

TEST_F(JobLedgerTest, NewJobIsQueuedWithItsFirstEvent) {
  ASSERT_TRUE(Insert("a").ok());
  EXPECT_EQ(Job().state(), v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_EQ(Job().create_time().seconds(), 1'000'000'000);
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].transition(), "queued");
  EXPECT_EQ(Events()[0].state(), v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_THAT(changed_, ElementsAre(kJob));
}

TEST_F(JobLedgerTest, FullQueueRefusesAndSaysWhenToTryAgain) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Insert(id).ok());
  const absl::Status status = Insert("d");
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(GetErrorDetail(status).reason, "QUEUE_FULL");
  EXPECT_TRUE(GetErrorDetail(status).retry_after.has_value());
  EXPECT_TRUE(absl::IsNotFound(store_->GetJob("trainingJobs/d").status()));
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());  // one leaves
  EXPECT_TRUE(Insert("d").ok());
}

TEST_F(JobLedgerTest, ResumingNeedsRoomInTheQueue) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Apply(JobVerb::kPause).ok());
  for (const char* id : {"b", "c", "d"}) ASSERT_TRUE(Insert(id).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Apply(JobVerb::kResume)));
  EXPECT_EQ(Job().state(), v1::TRAINING_JOB_STATE_PAUSED);
}

TEST_F(JobLedgerTest, QueueIsCountedAnewAfterARestart) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Insert(id).ok());
  Reopen();
  EXPECT_TRUE(absl::IsResourceExhausted(Insert("d")));
}

TEST_F(JobLedgerTest, TransitionIsStampedAndTold) {
  ASSERT_TRUE(Insert("a").ok());
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());
  EXPECT_EQ(Job().attempt(), 1);
  EXPECT_EQ(Job().start_time().seconds(), 1'000'000'005);
  ASSERT_TRUE(Apply(JobVerb::kDied).ok());
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());
  EXPECT_EQ(Job().attempt(), 2);
  EXPECT_EQ(Job().start_time().seconds(), 1'000'000'005);
  EXPECT_FALSE(Job().has_end_time());
  ASSERT_TRUE(Apply(JobVerb::kFinished).ok());
  EXPECT_EQ(Job().end_time().seconds(), 1'000'000'010);
  EXPECT_EQ(Events().back().state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Events().back().attempt(), 2);
  EXPECT_EQ(Events().back().transition(), "because");
  EXPECT_EQ(Job().revision(), Events().back().revision());
}

TEST_F(JobLedgerTest, RefusedVerbChangesNothing) {
  ASSERT_TRUE(Insert("a").ok());
  changed_.clear();
  EXPECT_TRUE(absl::IsFailedPrecondition(Apply(JobVerb::kResume)));
  EXPECT_EQ(Events().size(), 1u);
  EXPECT_TRUE(changed_.empty());
}

TEST_F(JobLedgerTest, SameStateIsNoEvent) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Apply(JobVerb::kPause).ok());
  ASSERT_TRUE(Apply(JobVerb::kPause).ok());
  EXPECT_EQ(Events().size(), 2u);
}

TEST_F(JobLedgerTest, EditIsPartOfTheTransition) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());
  auto job = ledger_->Apply(kJob, JobVerb::kFailed, "boom",
                            [](v1::TrainingJob& failed) { failed.mutable_failure()->set_exit_code(4); });
  EXPECT_EQ(job->failure().exit_code(), 4);
  EXPECT_EQ(Job().failure().exit_code(), 4);
}

TEST_F(JobLedgerTest, ProgressAndNotesKeepTheState) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());
  v1::TrainingProgress progress;
  progress.set_step(12);
  ASSERT_TRUE(ledger_->AddProgress(kJob, progress).ok());
  ASSERT_TRUE(ledger_->AddNote(kJob, "note").ok());
  EXPECT_EQ(Job().progress().step(), 12);
  EXPECT_EQ(Events()[2].progress().step(), 12);
  EXPECT_EQ(Events()[3].transition(), "note");
  EXPECT_EQ(Events()[3].state(), v1::TRAINING_JOB_STATE_STARTING);
}

TEST_F(JobLedgerTest, JobWhoseServerDiedIsInNoPhaseAndHasTheStepThatWasSavedLast) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Apply(JobVerb::kStart).ok());
  v1::TrainingProgress progress;
  progress.set_step(12);
  progress.set_phase("training");
  ASSERT_TRUE(ledger_->AddProgress(kJob, progress).ok());
  v1::Checkpoint checkpoint;
  checkpoint.set_step(14);
  ASSERT_TRUE(ledger_->AddCheckpoint(kJob, checkpoint).ok());
  ASSERT_TRUE(Apply(JobVerb::kServerStarted).ok());
  EXPECT_EQ(Job().progress().phase(), "");
  EXPECT_EQ(store_->ListAttempts(kJob, 1)->at(0).last_step(), 14);
}

TEST_F(JobLedgerTest, OnlyAnEndedJobIsRemoved) {
  ASSERT_TRUE(Insert("a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(ledger_->Remove(kJob)));
  ASSERT_TRUE(Apply(JobVerb::kCancel).ok());
  EXPECT_TRUE(ledger_->Remove(kJob).ok());
  EXPECT_TRUE(absl::IsNotFound(ledger_->Remove(kJob)));
}

TEST_F(JobLedgerTest, MetricsCountJobsByState) {
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"queued\"} 0"));
  ASSERT_TRUE(Insert("a").ok());
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"queued\"} 1"));
  ASSERT_TRUE(Apply(JobVerb::kCancel).ok());
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"queued\"} 0"));
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"cancelled\"} 1"));
  ASSERT_TRUE(ledger_->Remove(kJob).ok());
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"cancelled\"} 0"));
}

}  // namespace
}  // namespace facet::server
