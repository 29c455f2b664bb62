// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/training_plan.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

void AddFeature(const std::string& name, int classes, v1::Dataset& dataset) {
  v1::Feature& feature = *dataset.mutable_schema()->add_features();
  feature.set_name(name);
  for (int i = 0; i < classes; ++i) feature.add_classes(absl::StrCat(name, i));
}

v1::Dataset Faces(int people, int expressions = 4) {
  v1::Dataset dataset;
  dataset.set_name("datasets/faces@2");
  AddFeature("identity", people, dataset);
  AddFeature("expression", expressions, dataset);
  AddFeature("transform", 8, dataset);
  return dataset;
}

v1::Dataset Digits(int examples) {
  v1::Dataset dataset;
  dataset.set_name("datasets/digits@1");
  AddFeature("digit", 10, dataset);
  AddFeature("colour", 3, dataset);
  AddFeature("rotation", 4, dataset);
  AddFeature("example", examples, dataset);
  return dataset;
}

std::string Text(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(message, &text);
  return std::string(absl::StripAsciiWhitespace(text));
}

TEST(TrainingPlanTest, SpecPinsTheVersionAndTakesTheOptions) {
  ExperimentOptions options;
  options.steps = 300;
  options.judge_steps = 200;
  options.seed = 5;
  options.overrides = {"batch_size: 16"};
  const auto spec = BaseSpec(options, Faces(3));
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(Text(*spec),
            "dataset: \"datasets/faces@2\" preset: \"face-64\" overrides { steps: 300 batch_size: 16 seed: 5 } "
            "judge { steps: 200 }");
}

TEST(TrainingPlanTest, PresetFollowsFromTheImagesUnlessNamed) {
  ExperimentOptions options;
  EXPECT_EQ(BaseSpec(options, Digits(3))->preset(), "digits");
  options.preset = "face-158";
  EXPECT_EQ(BaseSpec(options, Digits(3))->preset(), "face-158");
  options.preset_file = "x";
  EXPECT_THAT(BaseSpec(options, Digits(3)), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--preset-file")));
}

TEST(TrainingPlanTest, TwoPeopleLoseEachExpression) {
  const auto rule = HighLevelRule({}, Faces(70), 1);
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(Text(*rule), "name: \"high-level\" per: \"identity\" missing: \"expression\" count: 8 seed: 1");
}

TEST(TrainingPlanTest, SeveralExpressionsAreLostByTheSamePeople) {
  ExperimentOptions options;
  options.split_seed = 3;
  const auto rule = HighLevelRule(options, Faces(10, 5), 3);
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(rule->count(), 10);
  EXPECT_EQ(rule->each(), 3);
  EXPECT_EQ(rule->seed(), 3u);
}

TEST(TrainingPlanTest, HighLevelSaysWhatItLacks) {
  EXPECT_THAT(HighLevelRule({}, Faces(8), 1), IsOk());
  EXPECT_THAT(HighLevelRule({}, Faces(7), 1),
              IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("8 are needed, and datasets/faces@2 has 7")));
  EXPECT_THAT(HighLevelRule({}, Faces(8), 4), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("1 to 3, not 4")));
  EXPECT_THAT(HighLevelRule({}, Faces(8), 0), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("not 0")));
}

TEST(TrainingPlanTest, TwoPeopleLoseTwoTransforms) {
  const auto rules = LowLevelRules({}, Faces(3));
  ASSERT_THAT(rules, IsOk());
  ASSERT_EQ(rules->size(), 1u);
  EXPECT_EQ(Text(rules->at(0)),
            "name: \"missing-transform\" per: \"identity\" missing: \"transform\" count: 2 seed: 1 each: 2");
  EXPECT_THAT(LowLevelRules({}, Faces(2)), IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("3 are needed")));
}

TEST(TrainingPlanTest, DigitsLoseAColourOrAllColoursOfARotation) {
  const auto rules = LowLevelRules({}, Digits(100));
  ASSERT_THAT(rules, IsOk());
  ASSERT_EQ(rules->size(), 2u);
  EXPECT_EQ(Text(rules->at(0)),
            "name: \"missing-colour\" per: \"digit\" per: \"example\" missing: \"colour\" count: 100 seed: 1");
  EXPECT_EQ(Text(rules->at(1)),
            "name: \"missing-both\" per: \"digit\" per: \"example\" missing: \"rotation\" count: 100 seed: 1");
}

TEST(TrainingPlanTest, ATenthOfFewDigitsIsHeldOut) {
  EXPECT_EQ(LowLevelRules({}, Digits(20))->at(0).count(), 20);
  EXPECT_EQ(LowLevelRules({}, Digits(1))->at(1).count(), 1);
  EXPECT_EQ(LowLevelRules({}, Digits(500))->at(0).count(), 100);
}

}  // namespace
}  // namespace facet::cli
