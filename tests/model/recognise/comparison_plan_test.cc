// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::ElementsAre;

FeatureSchema Training() { return *FeatureSchema::Create({{"person", {"a", "b"}}, {"mood", {"glad", "sad", "calm"}}}); }

TEST(MatchClassesTest, FindsClassesByNameInAnyOrder) {
  const FeatureSchema test = *FeatureSchema::Create({{"mood", {"calm", "glad"}}, {"hat", {"yes"}}});
  const auto classes = MatchClasses(Training(), 1, test);
  ASSERT_THAT(classes, IsOk());
  EXPECT_THAT(*classes, ElementsAre(2, 0));
}

TEST(MatchClassesTest, AClassThatTrainingDoesNotHaveIsNamed) {
  const FeatureSchema test = *FeatureSchema::Create({{"mood", {"glad", "sat"}}});
  const auto classes = MatchClasses(Training(), 1, test);
  EXPECT_THAT(classes, HasReason(absl::StatusCode::kInvalidArgument, "UNKNOWN_CLASS"));
  EXPECT_THAT(std::string(classes.status().message()), testing::HasSubstr("'sad'"));
}

TEST(MatchClassesTest, ATestWithoutTheFeatureIsRefused) {
  const FeatureSchema test = *FeatureSchema::Create({{"hat", {"yes", "no"}}});
  EXPECT_THAT(MatchClasses(Training(), 1, test), HasReason(absl::StatusCode::kInvalidArgument, "UNKNOWN_FEATURE"));
}

TEST(SourceNameTest, IsTheEnumsInLowerCase) {
  EXPECT_EQ(SourceName(TrainingSource::kOriginals), "originals");
  EXPECT_EQ(SourceName(TrainingSource::kFlipsAndRotations), "flips_and_rotations");
  EXPECT_EQ(SourceName(TrainingSource::kMixup), "mixup");
  EXPECT_EQ(SourceName(TrainingSource::kSynthetic), "synthetic");
  EXPECT_EQ(SourceName(TrainingSource::kOriginalsAndSynthetic), "originals_and_synthetic");
}

}  // namespace
}  // namespace facet::model
