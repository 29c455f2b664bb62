// SPDX-License-Identifier: Apache-2.0
#include "model/train/evaluation_job.h"

#include <fstream>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/job_test.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EvaluationJobTest : public JobTest {
 protected:
  EvaluationJobTest() : JobTest("") { dir_ = MakeEvaluationJob(&trained_); }

  v1::EvaluationReport Report() const { return Last().finished().report(); }

  v1::EvaluationReport trained_;
};

// What a clock had a part in.
// Nor how it came to be as it is, which the training alone knows.
v1::EvaluationReport WithoutSpeeds(v1::EvaluationReport report) {
  report.clear_history();
  report.clear_train_seconds();
  report.clear_train_images_per_second();
  report.clear_render_images_per_second();
  return report;
}

TEST_F(EvaluationJobTest, MeasuresAModelAsItsTrainingDid) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, JobOutcome::kFinished);
  EXPECT_THAT(Phases(sink_.events), ElementsAre("loading", "judging", "saving"));
  EXPECT_EQ(WithoutSpeeds(Report()).DebugString(), WithoutSpeeds(trained_).DebugString());
  EXPECT_EQ(Report().judge_seed(), 3) << "the training's";
  EXPECT_EQ(Report().train_seconds(), 0);
  EXPECT_THAT(*disk_.ReadFile(dir_ + "/report.json"), HasSubstr("\"rule\": \"no_colour\""));
  EXPECT_FALSE(disk_.Exists(dir_ + "/bundle"));
}

TEST_F(EvaluationJobTest, AnotherSeedIsAnotherJudge) {
  ASSERT_TRUE(Run().ok());
  const v1::EvaluationReport first = WithoutSpeeds(Report());
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/result.binpb").ok());
  ChangeSpec([](auto& spec) { spec.mutable_preset()->mutable_judge()->set_seed(11); });
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Report().judge_seed(), 11);
  EXPECT_EQ(Report().train_psnr_db(), first.train_psnr_db()) << "pixels are what they were";
  EXPECT_NE(Report().train_measures().kernel_distance(), first.train_measures().kernel_distance());
}

TEST_F(EvaluationJobTest, TrainsOnSyntheticImagesWhereAsked) {
  ChangeSpec([](auto& spec) { spec.mutable_preset()->mutable_judge()->set_train_on_synthetic(true); });
  ASSERT_TRUE(Run().ok());
  ASSERT_EQ(Report().train_on_synthetic_size(), 3);
  EXPECT_EQ(Report().train_on_synthetic(0).feature(), "side");
  // Both look at the images of all held-out cells; the judge did so before.
  EXPECT_EQ(Report().train_on_synthetic(0).real(), Report().held_out(0).accuracy(0).real());
}

TEST_F(EvaluationJobTest, AFinishedOneIsNotDoneAgainAndADamagedResultIs) {
  ASSERT_TRUE(Run().ok());
  const std::string report = Report().SerializeAsString();
  ASSERT_TRUE(Run().ok());
  ASSERT_EQ(sink_.events.size(), 1);
  EXPECT_EQ(Report().SerializeAsString(), report);
  std::ofstream(dir_ + "/result.binpb", std::ios::binary | std::ios::in | std::ios::out).seekp(20).put('\x7f');
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Phases(sink_.events), ElementsAre("loading", "judging", "saving"));
}

TEST_F(EvaluationJobTest, StopsAndBeginsAgain) {
  stop_ = true;
  EXPECT_EQ(*Run(), JobOutcome::kStopped);
  EXPECT_TRUE(sink_.events.back().has_stopped());
  stop_ = false;
  EXPECT_EQ(*Run(), JobOutcome::kFinished);
}

TEST_F(EvaluationJobTest, WithoutAJudgeItFails) {
  ChangeSpec([](auto& spec) { spec.mutable_preset()->clear_judge(); });
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "JUDGE_REQUIRED");
  EXPECT_EQ(sink_.events.back().failed().reason(), "JUDGE_REQUIRED");
}

TEST_F(EvaluationJobTest, ADamagedModelFails) {
  std::ofstream(dir_ + "/start/weights.safetensors", std::ios::app) << "x";
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EvaluationJobTest, AFullDiskFailsWhereNobodyWaits) {
  disk_.full = true;
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "DISK_FULL");
  disk_.full = false;
  EXPECT_TRUE(Run().ok());
}

}  // namespace
}  // namespace facet::model
