// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/progress_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/fake_clock.h"
#include "tests/server/core/store/full_disk.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kJob[] = "trainingJobs/a";

class ProgressRecorderTest : public testing::Test {
 protected:
  ProgressRecorderTest()
      : ledger_(MakeLedger()),
        recorder_(kJob, ledger_.get(), &clock_, metrics_.get(),
                  [this](const std::string& what, const std::string& why) { warnings_.push_back(what + ": " + why); }) {
    v1::TrainingJob job;
    job.set_name(kJob);
    EXPECT_TRUE(ledger_->Insert(job, "").ok());
    EXPECT_TRUE(ledger_->Apply(kJob, JobVerb::kStart, "starts").ok());
  }

  std::unique_ptr<JobLedger> MakeLedger() {
    store_.Reopen();  // what was opened before the disk does not notice
    return JobLedger::Create({store_.get(), &clock_, metrics_.get(), 10, [](const std::string&) {}}).value();
  }
  void Tell(const std::string& phase, int step) {
    internal::TrainerEvent event;
    event.mutable_progress()->set_phase(phase);
    event.mutable_progress()->set_step(step);
    event.mutable_progress()->set_total_steps(100);
    (*event.mutable_progress()->mutable_losses())["generator"] = 2.5;
    recorder_.OnEvent(event);
  }
  void TellSaved(int step, const std::string& error, bool best = false) {
    internal::TrainerEvent event;
    event.mutable_saved()->set_step(step);
    event.mutable_saved()->mutable_checkpoint()->set_best(best);
    event.mutable_saved()->set_error(error);
    recorder_.OnEvent(event);
  }
  std::vector<int> KeptSteps() {
    std::vector<int> steps;
    const auto events = store_->ListEvents(kJob, 0, 1000).value();
    for (const auto& event : events) {
      if (event.has_progress()) steps.push_back(event.progress().step());
    }
    return steps;
  }
  v1::TrainingJobState State() { return store_->GetJob(kJob)->job.state(); }
  std::vector<std::string> Transitions() {
    std::vector<std::string> texts;
    const auto events = store_->ListEvents(kJob, 0, 1000).value();
    for (const auto& event : events) {
      if (!event.transition().empty()) texts.push_back(event.transition());
    }
    return texts;
  }

  TempStore store_;
  FullDisk disk_{store_.folder().path()};
  std::vector<std::string> warnings_;
  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  std::unique_ptr<JobLedger> ledger_;
  ProgressRecorder recorder_;
};

TEST_F(ProgressRecorderTest, LoadingIsNotYetRunning) {
  Tell("loading", 0);
  EXPECT_EQ(State(), v1::TRAINING_JOB_STATE_STARTING);
  Tell("training", 0);
  EXPECT_EQ(State(), v1::TRAINING_JOB_STATE_RUNNING);
}

TEST_F(ProgressRecorderTest, KeepsOneProgressASecond) {
  for (int step = 1; step <= 20; ++step) {
    Tell("training", step);
    clock_.Advance(absl::Milliseconds(250));
  }
  EXPECT_THAT(KeptSteps(), ElementsAre(1, 5, 9, 13, 17));
  EXPECT_EQ(recorder_.latest()->step(), 20);
}

TEST_F(ProgressRecorderTest, KeepsNewPhasesAndTheLastStepAtOnce) {
  Tell("loading", 0);
  Tell("training", 1);
  Tell("training", 2);
  Tell("training", 100);
  Tell("training", 100);
  Tell("judging", 100);
  Tell("judging", 100);
  EXPECT_THAT(KeptSteps(), ElementsAre(0, 1, 100, 100));
}

TEST_F(ProgressRecorderTest, CheckpointThatFailedIsANote) {
  TellSaved(5, "the disk is full");
  EXPECT_FALSE(recorder_.saved());
  const auto events = store_->ListEvents(kJob, 0, 100).value();
  EXPECT_THAT(events.back().transition(), HasSubstr("step 5 could not be saved"));
  EXPECT_THAT(events.back().transition(), HasSubstr("the disk is full"));
  TellSaved(10, "");
  EXPECT_TRUE(recorder_.saved());
  EXPECT_EQ(store_->GetJob(kJob)->job.last_checkpoint().step(), 10);
  EXPECT_EQ(store_->ListEvents(kJob, 0, 100)->back().checkpoint().step(), 10);
}

TEST_F(ProgressRecorderTest, CheckpointsThatFailWhileTheStoreIsFullAreToldOnceItHasRoom) {
  Tell("training", 1);
  disk_.Fill();
  for (const int step : {5, 6, 7}) TellSaved(step, "no room");
  const size_t told = Transitions().size();
  disk_.MakeRoom();
  clock_.Advance(absl::Seconds(1));
  Tell("training", 8);
  const std::vector<std::string> texts = Transitions();
  ASSERT_EQ(texts.size(), told + 2);
  EXPECT_THAT(texts[told], HasSubstr("step 5 could not be saved"));
  EXPECT_THAT(texts[told + 1], HasSubstr("step 7 could not be saved"));
  EXPECT_THAT(texts[told + 1], HasSubstr("1 times before"));
}

TEST_F(ProgressRecorderTest, NewestAndBestCheckpointWaitUntilTheStoreHasRoom) {
  Tell("training", 1);
  disk_.Fill();
  TellSaved(5, "", true);
  TellSaved(6, "");
  TellSaved(7, "");
  v1::TrainingJob ended;
  recorder_.PutWaitingCheckpoints(&ended);
  EXPECT_EQ(ended.best_checkpoint().step(), 5);
  EXPECT_EQ(ended.last_checkpoint().step(), 7);
  EXPECT_FALSE(store_->GetJob(kJob)->job.has_last_checkpoint());
  disk_.MakeRoom();
  recorder_.Flush();
  EXPECT_EQ(store_->GetJob(kJob)->job.best_checkpoint().step(), 5);
  EXPECT_EQ(store_->GetJob(kJob)->job.last_checkpoint().step(), 7);
  EXPECT_EQ(recorder_.last_step(), 7);
}

TEST_F(ProgressRecorderTest, WarnsOnceWhileTheDiskIsFull) {
  Tell("training", 1);
  disk_.Fill();
  for (const int step : {5, 6}) TellSaved(step, "no room");
  clock_.Advance(absl::Seconds(1));
  Tell("training", 7);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("step 5 could not be saved, training goes on: no room"),
                                     HasSubstr("cannot be written to the store")));
  disk_.MakeRoom();
  Tell("training", 8);
  TellSaved(9, "");
  EXPECT_EQ(warnings_.size(), 2u);
  TellSaved(10, "no room");
  EXPECT_EQ(warnings_.size(), 3u);
}

TEST_F(ProgressRecorderTest, PointsOfTheCurveWaitForAnEventThatIsKept) {
  const auto tell = [&](int step) {
    internal::TrainerEvent event;
    event.mutable_progress()->set_phase("training");
    event.mutable_progress()->set_step(step);
    event.mutable_progress()->add_points()->set_step(step);
    recorder_.OnEvent(event);
  };
  for (const int step : {1, 2, 3}) tell(step);
  clock_.Advance(absl::Seconds(1));
  for (const int step : {4, 5}) tell(step);
  recorder_.Flush();
  recorder_.Flush();
  std::vector<int> points;
  const auto events = store_->ListEvents(kJob, 0, 100).value();
  for (const auto& event : events) {
    for (const auto& point : event.progress().points()) points.push_back(point.step());
  }
  EXPECT_THAT(points, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(store_->GetJob(kJob)->job.progress().points_size(), 0);
  EXPECT_EQ(recorder_.first_step(), 1);
}

TEST_F(ProgressRecorderTest, JobKeepsItsFiguresWherePhasesHaveNone) {
  Tell("training", 1);
  internal::TrainerEvent judging;
  judging.mutable_progress()->set_phase("judging");
  recorder_.OnEvent(judging);
  EXPECT_EQ(store_->GetJob(kJob)->job.progress().phase(), "judging");
  EXPECT_EQ(store_->GetJob(kJob)->job.progress().losses().at("generator"), 2.5);
}

TEST_F(ProgressRecorderTest, EveryReportIsCountedWhateverItsPhase) {
  for (const char* phase : {"loading", "training", "judging", "judging"}) Tell(phase, 1);
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_reports_total 4\n"));
}

TEST_F(ProgressRecorderTest, MetricsShowRateAndLoss) {
  Tell("training", 1);
  clock_.Advance(absl::Milliseconds(500));
  Tell("training", 11);
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_steps_per_second{job=\"a\"} 20"));
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_step{job=\"a\"} 11"));
  EXPECT_THAT(metrics_->Text(), HasSubstr("2.5"));
}

}  // namespace
}  // namespace facet::server
