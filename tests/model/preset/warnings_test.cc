// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/preset/preset.h"
#include "preset_samples.h"

namespace facet::model {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

NetPlan TinyPlan() { return ResolvePreset(TinyPreset(), TinySchema(), 0).value(); }

NetPlan FacePlan() {
  return ResolvePreset(FindPreset(*FileSystem::Posix(), BundledPresets(), "face-158").value(), FaceSchema(), 0).value();
}

TEST(PresetWarningsTest, SaysNothingOfASoundPlan) { EXPECT_THAT(PresetWarnings(TinyPlan()), IsEmpty()); }

TEST(PresetWarningsTest, ThePapersScheduleIsWorth2000Steps) {
  EXPECT_THAT(PresetWarnings(FacePlan()),
              Contains(AllOf(HasSubstr("3.6e-16"), HasSubstr("worth 2000"), HasSubstr("after step 18000"))));
}

TEST(PresetWarningsTest, AShortRunOfThePapersScheduleIsFine) {
  NetPlan plan = FacePlan();
  plan.training.steps = 5000;
  EXPECT_THAT(PresetWarnings(plan), ElementsAre(HasSubstr("checkerboard")));
}

TEST(PresetWarningsTest, NamesLayersThatDrawACheckerboard) {
  EXPECT_THAT(PresetWarnings(FacePlan()), Contains(HasSubstr("layers[0], layers[1], layers[2]:")));
}

TEST(PresetWarningsTest, TellsWhatIsKnownOfTheLosses) {
  NetPlan plan = TinyPlan();
  plan.training.update_rule = UpdateRule::kJoint;
  EXPECT_THAT(PresetWarnings(plan), ElementsAre(HasSubstr("JOINT")));
  plan = TinyPlan();
  plan.training.class_weights[0] = 100;
  EXPECT_THAT(PresetWarnings(plan), ElementsAre(HasSubstr("100 to 1")));
  plan = TinyPlan();
  plan.training.class_weights = {0, 0};
  plan.training.feature_loss_weight = 0;
  EXPECT_THAT(PresetWarnings(plan), ElementsAre(HasSubstr("changes nothing")));
  plan.training.update_rule = UpdateRule::kPixels;
  EXPECT_THAT(PresetWarnings(plan), IsEmpty());
}

TEST(PresetWarningsTest, AJudgeNeedsAHead) {
  NetPlan plan = TinyPlan();
  plan.classifier.headless = {0, 1};
  EXPECT_THAT(PresetWarnings(plan), ElementsAre(HasSubstr("judge")));
}

}  // namespace
}  // namespace facet::model
