// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/task_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/core/jobs/job_estimate.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/server/core/jobs/task_samples.h"
#include "tests/server/core/jobs/written_digits.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TaskPlanTest : public testing::Test {
 protected:
  absl::StatusOr<JobPlan> Plan(const v1::TrainingSpec& spec) {
    return PlanJob({FileSystem::Posix(), PresetDir(), &datasets_, memory_, FindDigitsModel("/models/digits/1")}, spec);
  }
  void ExpectBad(const v1::TrainingSpec& spec, const std::string& field, const std::string& reason) {
    EXPECT_THAT(Plan(spec), IsBadField(field, reason));
  }

  FakeDatasets datasets_;
  int64_t memory_ = 0;
  v1::TrainingSpec evaluation_ = EvaluationSpec();
  v1::TrainingSpec augmentation_ = AugmentationSpec();
};

TEST_F(TaskPlanTest, EvaluationPinsTheModelAndTakesItsPreset) {
  const auto plan = Plan(evaluation_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->model_version, "models/digits@1");
  ASSERT_TRUE(plan->start.has_value());
  EXPECT_EQ(plan->start->folder, "/models/digits/1");
  EXPECT_EQ(plan->trainer.start().lineage(0), "models/digits@1");
  EXPECT_EQ(plan->trainer.preset().name(), "digits");
  EXPECT_TRUE(plan->trainer.has_evaluation());
}

TEST_F(TaskPlanTest, TheModelsOwnHeldOutCellsAreTakenOnItsOwnDataSetAlone) {
  const TempDir dir;
  WriteDigits(dir, datasets_);
  EXPECT_EQ(Plan(evaluation_)->trainer.hold_out(0).name(), "of_the_model");
  v1::HoldOutRule& rule = *evaluation_.add_hold_out();
  rule.set_name("mine");
  rule.add_per("digit");
  rule.add_missing("rotation");
  rule.set_count(2);
  EXPECT_EQ(Plan(evaluation_)->trainer.hold_out(0).name(), "mine");
  evaluation_.clear_hold_out();
  evaluation_.set_dataset("digits@2");
  EXPECT_EQ(Plan(evaluation_)->trainer.hold_out_size(), 0);
}

TEST_F(TaskPlanTest, JudgesOptionsGoOverThePresets) {
  evaluation_.mutable_judge()->set_seed(9);
  evaluation_.mutable_judge()->set_train_on_synthetic(true);
  const auto plan = Plan(evaluation_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->nets.judge.seed, 9u);
  EXPECT_TRUE(plan->nets.judge.train_on_synthetic);
  EXPECT_GT(plan->nets.judge.steps, 0) << "the preset's";
}

TEST_F(TaskPlanTest, AnotherPresetJudgesWhatTheModelsGeneratorDraws) {
  *evaluation_.mutable_inline_preset() = *model::FindPreset(*FileSystem::Posix(), PresetDir(), "digits");
  evaluation_.mutable_inline_preset()->mutable_generator()->set_base_channels(7);
  evaluation_.mutable_inline_preset()->mutable_classifier()->set_head_widths(0, 33);
  const auto plan = Plan(evaluation_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_NE(plan->nets.generator.base_channels, 7);
  EXPECT_EQ(plan->nets.classifier.head_widths[0], 33);
}

TEST_F(TaskPlanTest, ATaskTakesNoOptionsOfTraining) {
  v1::TrainingSpec spec = evaluation_;
  spec.mutable_overrides()->set_steps(3);
  ExpectBad(spec, "spec.overrides", "NOT_WITH_TASK");
  spec = augmentation_;
  spec.mutable_checkpoints()->set_keep(3);
  ExpectBad(spec, "spec.checkpoints", "NOT_WITH_TASK");
  spec = augmentation_;
  spec.mutable_start()->set_model("digits");
  ExpectBad(spec, "spec.start", "NOT_WITH_TASK");
}

TEST_F(TaskPlanTest, TheModelMustBeThere) {
  evaluation_.mutable_evaluation()->set_model("");
  ExpectBad(evaluation_, "spec.evaluation.model", "REQUIRED");
  augmentation_.mutable_augmentation()->set_model("faces");
  EXPECT_TRUE(absl::IsNotFound(Plan(augmentation_).status()));
}

TEST_F(TaskPlanTest, WithoutASyntheticSourceNoModelIsNeeded) {
  v1::AugmentationTask& task = *augmentation_.mutable_augmentation();
  task.clear_model();
  augmentation_.set_preset("digits");
  ExpectBad(augmentation_, "spec.augmentation.model", "REQUIRED");
  task.add_sources(v1::TRAINING_SOURCE_ORIGINALS);
  task.add_sources(v1::TRAINING_SOURCE_MIXUP);
  const auto plan = Plan(augmentation_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->model_version, "");
  EXPECT_FALSE(plan->start.has_value());
  EXPECT_FALSE(plan->trainer.has_start());
  EXPECT_TRUE(plan->load.has_value());
  EXPECT_THAT(plan->test_versions, ElementsAre("datasets/digits@2"));
  task.mutable_tests(0)->set_dataset("digits@1");
  ExpectBad(augmentation_, "spec.augmentation.tests[0].dataset", "TEST_SEEN");
  for (const auto source : {v1::TRAINING_SOURCE_SYNTHETIC, v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC}) {
    task.set_sources(1, source);
    ExpectBad(augmentation_, "spec.augmentation.model", "REQUIRED");
  }
}

TEST_F(TaskPlanTest, AnotherSchemaOrSizeSaysWhatDiffers) {
  evaluation_.set_dataset("roman");
  ExpectBad(evaluation_, "spec.dataset", "OTHER_SCHEMA");
  EXPECT_THAT(std::string(Plan(evaluation_).status().message()), HasSubstr("11 classes of 'digit' and not 10"));
  augmentation_.set_dataset("small");
  ExpectBad(augmentation_, "spec.dataset", "OTHER_SCHEMA");
  EXPECT_THAT(std::string(Plan(augmentation_).status().message()), HasSubstr("14 x 14 and not 28 x 28"));
}

TEST_F(TaskPlanTest, AJudgeIsRequiredWhereOneIsNeeded) {
  *evaluation_.mutable_inline_preset() = *model::FindPreset(*FileSystem::Posix(), PresetDir(), "digits");
  evaluation_.mutable_inline_preset()->clear_judge();
  ExpectBad(evaluation_, "spec.judge.steps", "JUDGE_REQUIRED");
  *augmentation_.mutable_inline_preset() = evaluation_.inline_preset();
  ExpectBad(augmentation_, "spec.judge.steps", "JUDGE_REQUIRED");
  augmentation_.mutable_augmentation()->add_sources(v1::TRAINING_SOURCE_ORIGINALS);
  EXPECT_THAT(Plan(augmentation_), IsOk()) << "no synthetic images, nothing to filter";
  evaluation_.mutable_judge()->set_steps(5);
  EXPECT_THAT(Plan(evaluation_), IsOk());
  evaluation_.mutable_judge()->set_steps(-1);
  ExpectBad(evaluation_, "spec.judge.steps", "BAD_PRESET");
}

TEST_F(TaskPlanTest, AugmentationPinsItsTests) {
  const auto plan = Plan(augmentation_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->test_versions, ElementsAre("datasets/digits@2"));
  EXPECT_THAT(plan->trainer.test_dirs(), ElementsAre("/data/digits@2"));
  EXPECT_EQ(plan->dataset_bytes, 2 * 1200 * 28 * 28 * 3);
  EXPECT_EQ(plan->model_version, "models/digits@1");
  EXPECT_EQ(plan->trainer.hold_out_size(), 0);
}

TEST_F(TaskPlanTest, BadTestsAreNamed) {
  const std::string field = "spec.augmentation.tests[0].dataset";
  const auto bad = [&](const std::string& dataset, const std::string& reason) {
    augmentation_.mutable_augmentation()->mutable_tests(0)->set_dataset(dataset);
    ExpectBad(augmentation_, field, reason);
  };
  bad("small", "OTHER_SIZE");
  bad("roman", "UNKNOWN_CLASS");
  bad("wide", "NOT_SQUARE");
  bad("digits@1", "TEST_SEEN");
  bad("Digits!", "INVALID_NAME");
  augmentation_.mutable_augmentation()->mutable_tests(0)->set_dataset("faces");
  EXPECT_TRUE(absl::IsNotFound(Plan(augmentation_).status()));
  // Not the training set, but the model's.
  augmentation_.set_dataset("digits@2");
  bad("digits@1", "TEST_SEEN");
}

TEST_F(TaskPlanTest, BadOptionsOfTheTaskAreUnderIt) {
  augmentation_.mutable_augmentation()->set_seeds(101);
  ExpectBad(augmentation_, "spec.augmentation.seeds", "OUT_OF_RANGE");
}

TEST_F(TaskPlanTest, SyntheticImagesThatDoNotFitAreRefusedWithTheNumber) {
  // 55 pairs of examples, 10 digits, 3 colours, 4 rotations: 15.5 MB.
  memory_ = 30 << 20;
  EXPECT_THAT(Plan(augmentation_), HasReason(absl::StatusCode::kResourceExhausted, "JOB_TOO_LARGE"));
  augmentation_.mutable_augmentation()->add_sources(v1::TRAINING_SOURCE_ORIGINALS);
  memory_ = int64_t{1} << 40;
  EXPECT_THAT(Plan(augmentation_), IsOk());
}

class TaskEstimateTest : public TaskPlanTest {
 protected:
  v1::ResourceEstimate Estimate(const v1::TrainingSpec& spec) {
    const auto plan = Plan(spec);
    EXPECT_THAT(plan, IsOk());
    JobEstimateInput input;
    input.nets = plan->nets;
    input.dataset_bytes = plan->dataset_bytes;
    input.task = plan->load;
    return EstimateJob(input);
  }
};

TEST_F(TaskEstimateTest, TimeGrowsWithTheRecognisers) {
  augmentation_.mutable_augmentation()->set_seeds(1);
  const auto one = Estimate(augmentation_);
  augmentation_.mutable_augmentation()->set_seeds(10);
  const auto ten = Estimate(augmentation_);
  EXPECT_NEAR(static_cast<double>(ten.duration().seconds()) / static_cast<double>(one.duration().seconds()), 10, 0.5);
  EXPECT_EQ(ten.memory_bytes(), one.memory_bytes()) << "one at a time";
}

TEST_F(TaskEstimateTest, MemoryHoldsTheSyntheticImages) {
  const auto with = Estimate(augmentation_);
  augmentation_.mutable_augmentation()->add_sources(v1::TRAINING_SOURCE_ORIGINALS);
  EXPECT_GE(with.memory_bytes() - Estimate(augmentation_).memory_bytes(), 55 * 120 * 28 * 28 * 3);
}

TEST_F(TaskEstimateTest, AnEvaluationHasNoCheckpointsAndTakesItsTime) {
  const auto once = Estimate(evaluation_);
  EXPECT_EQ(once.checkpoint_bytes(), 0);
  EXPECT_GT(once.disk_bytes(), 4 << 20);
  EXPECT_GT(once.duration().seconds() + once.duration().nanos(), 0);
  EXPECT_THAT(once.duration_basis(), HasSubstr("in all"));
  evaluation_.mutable_judge()->set_train_on_synthetic(true);
  EXPECT_GT(Estimate(evaluation_).memory_bytes(), once.memory_bytes());
}

}  // namespace
}  // namespace facet::server
