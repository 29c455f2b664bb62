// SPDX-License-Identifier: Apache-2.0
#include "model/train/trainer_job.h"

#include <fstream>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/bundle/bundle.h"
#include "model/train/job_lock.h"
#include "tests/model/train/job_test.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TrainerJobTest : public JobTest {
 protected:
  TrainerJobTest() : JobTest(MakeJob()) {}

  std::string Weights() { return ReadBundle(disk_, dir_ + "/bundle")->weights; }
};

TEST_F(TrainerJobTest, GoesThroughItsPhasesAndEndsWithTheReport) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, JobOutcome::kFinished);
  EXPECT_THAT(Phases(sink_.events), ElementsAre("loading", "training", "judging", "saving"));
  ASSERT_TRUE(Last().has_finished());
  const v1::EvaluationReport& report = Last().finished().report();
  ASSERT_EQ(report.held_out_size(), 1);
  EXPECT_EQ(report.held_out(0).rule(), "no_colour");
  EXPECT_EQ(report.train_size(), 3);
  EXPECT_EQ(report.mixes_size(), 3);
  EXPECT_GT(report.train_seconds(), 0);
  EXPECT_GT(report.train_images_per_second(), 0);
  EXPECT_THAT(*disk_.ReadFile(dir_ + "/report.json"), HasSubstr("\"rule\": \"no_colour\""));
}

TEST_F(TrainerJobTest, TheReportHasTheAccuracyAtEachCheckpoint) {
  ASSERT_TRUE(Run().ok());
  const v1::EvaluationReport& report = Last().finished().report();
  const v1::AccuracyHistory& history = report.history();
  EXPECT_TRUE(history.held_out());
  EXPECT_GT(history.image_count(), 0);
  EXPECT_THAT(history.features(), ElementsAre("side", "colour", "shade"));
  ASSERT_EQ(history.real_size(), 3);
  std::vector<int> steps;
  for (const auto& point : history.points()) {
    steps.push_back(point.step());
    ASSERT_EQ(point.accuracy_size(), 3);
  }
  EXPECT_THAT(steps, ElementsAre(10, 20, 30, 40));
  // All held-out images are among the samples, and the last of them are the
  // model's that was measured, but for rounding.
  ASSERT_EQ(history.image_count(), report.held_out(0).cell_count());
  for (int f = 0; f < 3; ++f) {
    EXPECT_EQ(history.real(f), report.held_out(0).accuracy(f).real()) << f;
    EXPECT_EQ(history.points(3).accuracy(f), report.held_out(0).accuracy(f).synthetic()) << f;
  }
}

TEST_F(TrainerJobTest, ASheetThatCannotBeReadIsAPointLess) {
  ASSERT_TRUE(Run().ok());
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/bundle").ok());
  std::ofstream(dir_ + "/samples/000000020.png") << "no picture";
  ASSERT_TRUE(Run().ok());
  std::vector<int> steps;
  for (const auto& point : Last().finished().report().history().points()) steps.push_back(point.step());
  EXPECT_THAT(steps, ElementsAre(10, 30, 40));
}

TEST_F(TrainerJobTest, TheCardSaysWhatWasTrainedOnWhat) {
  ASSERT_TRUE(Run().ok());
  const v1::ModelCard card = *ReadCard(disk_, dir_ + "/bundle");
  EXPECT_EQ(card.training_job(), "trainingJobs/tiny");
  EXPECT_EQ(card.dataset(), "datasets/bars@1");
  EXPECT_EQ(card.dataset_fingerprint().size(), 64);
  EXPECT_EQ(card.schema().features(1).classes(2), "blue");
  EXPECT_EQ(card.height(), 8);
  EXPECT_EQ(card.channels(), 3);
  EXPECT_EQ(card.preset().name(), "tiny");
  EXPECT_EQ(card.preset().training().steps(), 40);
  EXPECT_EQ(card.report().held_out(0).rule(), "no_colour");
  EXPECT_GT(card.generator_parameters(), 1000);
  EXPECT_GT(card.classifier_parameters(), 1000);
  EXPECT_GT(card.create_time().seconds(), 0);
}

TEST_F(TrainerJobTest, AFinishedJobIsNotDoneAgain) {
  ASSERT_TRUE(Run().ok());
  const v1::EvaluationReport report = Last().finished().report();
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/checkpoints").ok());
  ASSERT_TRUE(Run().ok());
  ASSERT_EQ(sink_.events.size(), 1);
  EXPECT_EQ(Last().finished().report().train_psnr_db(), report.train_psnr_db());
}

TEST_F(TrainerJobTest, ADamagedBundleIsMadeAnew) {
  ASSERT_TRUE(Run().ok());
  const std::string weights = Weights();
  std::ofstream(dir_ + "/bundle/model.json", std::ios::app) << " ";
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(Last().has_finished());
  EXPECT_EQ(Weights(), weights);
}

TEST_F(TrainerJobTest, WithoutAJudgeThereIsNoReport) {
  internal::TrainerSpec changes;
  dir_ = MakeJob();
  internal::TrainerSpec spec = TinySpec(dir_ + "/data");
  spec.mutable_preset()->clear_judge();
  std::ofstream(dir_ + "/" + kSpecFile, std::ios::binary) << spec.SerializeAsString();
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Phases(sink_.events), ElementsAre("loading", "training", "saving"));
  EXPECT_FALSE(ReadCard(disk_, dir_ + "/bundle")->has_report());
  EXPECT_FALSE(disk_.Exists(dir_ + "/report.json"));
}

TEST_F(TrainerJobTest, StoppedItSavesAndTellsTheStep) {
  stop_ = true;
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, JobOutcome::kStopped);
  ASSERT_TRUE(Last().has_stopped());
  EXPECT_EQ(Last().stopped().step(), 0);
}

TEST_F(TrainerJobTest, StopsWhereNobodyListensAndGoesOnLater) {
  ASSERT_TRUE(Run().ok());
  const std::string weights = Weights();
  dir_ = MakeJob();
  sink_.leaves_after = 4;  // loading, training, two checkpoints
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, JobOutcome::kStopped);
  EXPECT_FALSE(disk_.Exists(dir_ + "/bundle"));
  sink_.leaves_after = 0;
  stop_ = false;
  ASSERT_EQ(*Run(), JobOutcome::kFinished);
  EXPECT_EQ(Weights(), weights);
}

TEST_F(TrainerJobTest, AJobInWorkIsLeftAloneAndNothingIsTold) {
  const auto lock = JobLock::Take(dir_ + "/trainer.lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "JOB_LOCKED");
  EXPECT_TRUE(sink_.events.empty());
}

TEST_F(TrainerJobTest, ABadPresetFailsWithItsField) {
  internal::TrainerSpec changes;
  changes.mutable_preset()->mutable_training()->set_learning_rate(-1);
  dir_ = MakeJob(changes);
  const auto outcome = Run();
  EXPECT_EQ(GetErrorDetail(outcome.status()).field, "preset.training.learning_rate");
  ASSERT_TRUE(Last().has_failed());
  EXPECT_EQ(Last().failed().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_F(TrainerJobTest, ADamagedDataSetFailsWithItsFile) {
  std::ofstream(dir_ + "/data/images.bin", std::ios::app) << "x";
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Last().failed().message(), HasSubstr("data/"));
}

TEST_F(TrainerJobTest, CheckpointsThatCannotBeWrittenDoNotEndTraining) {
  disk_.full = true;
  const auto outcome = Run();
  // The bundle has no room either.
  EXPECT_EQ(GetErrorDetail(outcome.status()).reason, "DISK_FULL");
  int failed_saves = 0;
  for (const auto& event : sink_.events) failed_saves += event.has_saved() && !event.saved().error().empty();
  EXPECT_GE(failed_saves, 4);
  EXPECT_TRUE(Last().has_failed());
}

}  // namespace
}  // namespace facet::model
