// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/server/core/jobs/fake_datasets.h"
#include "tests/server/core/jobs/job_harness.h"
#include "tests/server/core/jobs/written_digits.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

class JobPlanTest : public testing::Test {
 protected:
  JobPlanTest() : spec_(SpecFor("")) {}

  absl::StatusOr<internal::TrainerSpec> Plan() {
    auto plan = PlanJob({FileSystem::Posix(), PresetDir(), &datasets_}, spec_);
    if (!plan.ok()) return plan.status();
    return std::move(plan->trainer);
  }
  void ExpectBadField(const std::string& field) {
    const absl::Status status = Plan().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(GetErrorDetail(status).field, field) << status;
  }

  // Some digits lose a colour.
  void AddColourRule(const std::string& name, int count) {
    v1::HoldOutRule* rule = spec_.add_hold_out();
    rule->set_name(name);
    rule->add_per("digit");
    rule->add_missing("colour");
    rule->set_count(count);
  }

  TempDir dir_;
  FakeDatasets datasets_;
  v1::TrainingSpec spec_;
};

TEST_F(JobPlanTest, PinsTheNewestVersion) {
  auto plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->dataset(), "datasets/digits@2");
  EXPECT_EQ(plan->dataset_dir(), "/data/digits@2");
}

TEST_F(JobPlanTest, KeepsTheVersionThatIsNamed) {
  spec_.set_dataset("digits@1");
  EXPECT_EQ(Plan()->dataset(), "datasets/digits@1");
}

TEST_F(JobPlanTest, PresetByNameIsCopied) {
  spec_.set_preset("digits");
  EXPECT_EQ(Plan()->preset().name(), "digits");
  EXPECT_GT(Plan()->preset().generator().layers_size(), 0);
}

TEST_F(JobPlanTest, OverridesAreMergedFieldByField) {
  const int batch = Plan()->preset().training().batch_size();
  spec_.mutable_overrides()->set_steps(7);
  const auto plan = Plan();
  EXPECT_EQ(plan->preset().training().steps(), 7);
  EXPECT_EQ(plan->preset().training().batch_size(), batch);
}

TEST_F(JobPlanTest, HoldOutRulesAreTakenAlong) {
  WriteDigits(dir_, datasets_);
  AddColourRule("colours", 3);
  EXPECT_EQ(Plan()->hold_out(0).name(), "colours");
}

TEST_F(JobPlanTest, NothingGivenIsSaid) {
  spec_.Clear();
  ExpectBadField("spec.dataset");
}

TEST_F(JobPlanTest, MalformedDataset) {
  spec_.set_dataset("Digits!");
  ExpectBadField("spec.dataset");
}

TEST_F(JobPlanTest, UnknownDataset) {
  spec_.set_dataset("faces");
  EXPECT_TRUE(absl::IsNotFound(Plan().status()));
}

TEST_F(JobPlanTest, ImagesThatAreNotSquare) {
  spec_.set_dataset("wide");
  ExpectBadField("spec.dataset");
}

TEST_F(JobPlanTest, NoPresetListsWhatThereIs) {
  spec_.clear_preset_source();
  ExpectBadField("spec.preset");
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("digits"));
}

TEST_F(JobPlanTest, UnknownPresetNamesTheNearest) {
  spec_.set_preset("digit");
  EXPECT_TRUE(absl::IsNotFound(Plan().status()));
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("'digits'"));
}

TEST_F(JobPlanTest, BadPresetFieldIsUnderThePreset) {
  spec_.mutable_inline_preset()->mutable_generator()->set_base_channels(-1);
  ExpectBadField("spec.inline_preset.generator.base_channels");
}

TEST_F(JobPlanTest, TextOfAPresetIsBounded) {
  spec_ = SpecFor(std::string(16 << 10, 'x'));
  EXPECT_TRUE(Plan().ok()) << Plan().status();
  spec_.mutable_inline_preset()->mutable_description()->push_back('x');
  ExpectBadField("spec.inline_preset.description");
}

TEST_F(JobPlanTest, BadOverrideIsUnderTheOverrides) {
  spec_.mutable_overrides()->set_learning_rate(-1);
  ExpectBadField("spec.overrides.learning_rate");
}

TEST_F(JobPlanTest, BadTrainingFieldThatIsNotOverriddenIsUnderThePreset) {
  spec_.mutable_inline_preset()->mutable_training()->set_learning_rate(-1);
  spec_.mutable_overrides()->set_steps(7);
  ExpectBadField("spec.inline_preset.training.learning_rate");
}

TEST_F(JobPlanTest, BadHoldOutRule) {
  v1::HoldOutRule* rule = spec_.add_hold_out();
  rule->set_name("colours");
  rule->add_per("digit");
  rule->add_missing("color");
  rule->set_count(3);
  ExpectBadField("spec.hold_out[0].missing[0]");
}

TEST_F(JobPlanTest, RulesThatTheDataSetCannotFulfilAreRefused) {
  WriteDigits(dir_, datasets_);
  AddColourRule("six", 6);
  AddColourRule("others", 4);
  EXPECT_THAT(Plan(), IsOk());
  spec_.mutable_hold_out(1)->set_count(5);
  EXPECT_THAT(Plan(), IsBadField("spec.hold_out[1].count", "TOO_MANY_COMBINATIONS"));
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("the data set has 4 that no rule before has chosen"));
}

TEST_F(JobPlanTest, SplitsOfVeryManyImagesAreLeftToTheTrainer) {
  WriteDigits(dir_, datasets_);
  // There are ten digits to choose; 1200 images times 167 rules are over 200,000.
  for (int i = 0; i < 167; ++i) AddColourRule(absl::StrCat("r", i), 1);
  EXPECT_THAT(Plan(), IsOk());
  spec_.mutable_hold_out()->RemoveLast();
  EXPECT_THAT(Plan(), IsBadField("spec.hold_out[10].count", "TOO_MANY_COMBINATIONS"));
}

TEST_F(JobPlanTest, DamagedLabelsAreToldBeforeAJobIsQueued) {
  WriteDigits(dir_, datasets_);
  AddColourRule("colours", 1);
  dir_.Write("digits@2/labels.bin", "damaged");
  EXPECT_TRUE(absl::IsDataLoss(Plan().status())) << Plan().status();
}

TEST_F(JobPlanTest, PresetLargerThanMemoryIsRefusedWithTheEstimate) {
  const JobPlanOptions options{FileSystem::Posix(), PresetDir(), &datasets_, /*memory_bytes=*/1 << 20};
  const absl::Status status = PlanJob(options, spec_).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "PRESET_TOO_LARGE");
  EXPECT_THAT(status.message(), HasSubstr("GiB: weights"));
}

}  // namespace
}  // namespace facet::server
