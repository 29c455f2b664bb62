// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/augmentation_plan.h"

#include <set>

#include "client/cli/experiments/kdef_folder.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AugmentationPlanTest : public testing::Test {
 protected:
  AugmentationPlanTest() {
    options_.name = "augmentation";
    options_.kdef = "/srv/kdef";
    options_.on_server = true;  // so that all 70 are there
  }
  ExperimentOptions options_;
};

TEST_F(AugmentationPlanTest, SixtyFivePeopleLearnAndFiveAreTested) {
  const auto imports = PlanAugmentationImports(options_);
  ASSERT_THAT(imports, IsOk());
  const v1::KdefImportOptions& training = imports->training.spec.kdef();
  EXPECT_EQ(imports->training.spec.dataset(), "augmentation-faces");
  EXPECT_EQ(training.people_size(), 65);
  EXPECT_THAT(training.sessions(), ElementsAre("A"));
  EXPECT_THAT(training.expressions(), ElementsAre("AN", "DI", "HA", "NE", "SU"));
  EXPECT_THAT(training.transforms(), ElementsAre("r0"));
  const v1::KdefImportOptions& session = imports->other_session.spec.kdef();
  EXPECT_EQ(imports->other_session.spec.dataset(), "augmentation-other-session");
  EXPECT_EQ(session.people_size(), 65);
  EXPECT_THAT(session.sessions(), ElementsAre("B"));
  const v1::KdefImportOptions& people = imports->other_people.spec.kdef();
  EXPECT_EQ(imports->other_people.spec.dataset(), "augmentation-other-people");
  EXPECT_THAT(people.people(), ElementsAre("M33", "F34", "M34", "F35", "M35"));
  EXPECT_THAT(people.sessions(), ElementsAre("A", "B"));
  std::set<std::string> all(training.people().begin(), training.people().end());
  all.insert(people.people().begin(), people.people().end());
  EXPECT_EQ(all.size(), 70u);
}

TEST_F(AugmentationPlanTest, FewPeopleAreDividedAsWell) {
  options_.people = 4;
  options_.session = "B";
  const auto imports = PlanAugmentationImports(options_);
  ASSERT_THAT(imports, IsOk());
  EXPECT_THAT(imports->training.spec.kdef().people(), ElementsAre("F01", "M01"));
  EXPECT_THAT(imports->other_people.spec.kdef().people(), ElementsAre("F02", "M02"));
  EXPECT_THAT(imports->other_session.spec.kdef().sessions(), ElementsAre("A"));
  options_.people = 3;
  EXPECT_THAT(PlanAugmentationImports(options_),
              IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("4 are needed, there are 3")));
}

TEST_F(AugmentationPlanTest, DefaultsAreTheServers) {
  const auto spec = AugmentationSpec(options_, "datasets/a@1", "models/m@2", {{"other-people", "datasets/b@3"}});
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->dataset(), "datasets/a@1");
  EXPECT_EQ(spec->preset_source_case(), v1::TrainingSpec::PRESET_SOURCE_NOT_SET);
  EXPECT_FALSE(spec->has_overrides());
  EXPECT_EQ(spec->augmentation().model(), "models/m@2");
  EXPECT_EQ(spec->augmentation().feature(), "expression");
  EXPECT_EQ(spec->augmentation().mix_feature(), "identity");
  ASSERT_EQ(spec->augmentation().tests_size(), 1);
  EXPECT_EQ(spec->augmentation().tests(0).name(), "other-people");
  EXPECT_EQ(spec->augmentation().tests(0).dataset(), "datasets/b@3");
  EXPECT_THAT(spec->augmentation().sources(), IsEmpty());
  EXPECT_EQ(spec->augmentation().seeds(), 0);
  EXPECT_EQ(spec->augmentation().steps(), 0);
}

TEST_F(AugmentationPlanTest, TakesSourcesByName) {
  options_.sources = {"originals", "flips-and-rotations", "mixup", "synthetic", "originals-and-synthetic"};
  options_.recogniser_steps = 500;
  options_.recogniser_seeds = 5;
  const auto spec = AugmentationSpec(options_, "a", "m", {});
  ASSERT_THAT(spec, IsOk());
  EXPECT_THAT(
      spec->augmentation().sources(),
      ElementsAre(v1::TRAINING_SOURCE_ORIGINALS, v1::TRAINING_SOURCE_FLIPS_AND_ROTATIONS, v1::TRAINING_SOURCE_MIXUP,
                  v1::TRAINING_SOURCE_SYNTHETIC, v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC));
  EXPECT_EQ(spec->augmentation().steps(), 500);
  EXPECT_EQ(spec->augmentation().seeds(), 5);
  options_.sources = {"syntetic"};
  EXPECT_THAT(AugmentationSpec(options_, "a", "m", {}),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("Did you mean 'synthetic'?")));
}

}  // namespace
}  // namespace facet::cli
