// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/augmentation_plan.h"

#include <google/protobuf/text_format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "client/cli/experiments/kdef_folder.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Text(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(message, &text);
  return std::string(absl::StripAsciiWhitespace(text));
}

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

TEST_F(AugmentationPlanTest, SpellsOutWhatIsLeftOpen) {
  const auto spec = AugmentationSpec(options_);
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->preset_source_case(), v1::TrainingSpec::PRESET_SOURCE_NOT_SET);
  EXPECT_FALSE(spec->has_overrides());
  EXPECT_FALSE(spec->has_judge());
  EXPECT_EQ(Text(spec->augmentation()),
            "feature: \"expression\" mix_feature: \"identity\" sources: TRAINING_SOURCE_ORIGINALS sources: "
            "TRAINING_SOURCE_FLIPS_AND_ROTATIONS sources: TRAINING_SOURCE_MIXUP sources: TRAINING_SOURCE_SYNTHETIC "
            "seeds: 3 steps: 40000 batch_size: 64 learning_rate: 0.0002 weight_decay: 0.0005 "
            "filter { min_confidence: 0.5 min_sharpness: 0.4 max_sharpness: 2.5 }");
}

TEST_F(AugmentationPlanTest, TakesSourcesByName) {
  options_.sources = {"originals", "flips-and-rotations", "mixup", "synthetic", "originals-and-synthetic"};
  options_.recogniser_steps = 500;
  options_.recogniser_seeds = 5;
  options_.judge_steps = 20;
  const auto spec = AugmentationSpec(options_);
  ASSERT_THAT(spec, IsOk());
  EXPECT_THAT(
      spec->augmentation().sources(),
      ElementsAre(v1::TRAINING_SOURCE_ORIGINALS, v1::TRAINING_SOURCE_FLIPS_AND_ROTATIONS, v1::TRAINING_SOURCE_MIXUP,
                  v1::TRAINING_SOURCE_SYNTHETIC, v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC));
  EXPECT_EQ(spec->augmentation().steps(), 500);
  EXPECT_EQ(spec->augmentation().seeds(), 5);
  EXPECT_EQ(spec->judge().steps(), 20);
  options_.sources = {"syntetic"};
  EXPECT_THAT(AugmentationSpec(options_),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("Did you mean 'synthetic'?")));
  options_.sources = {"mixup", "mixup"};
  EXPECT_THAT(AugmentationSpec(options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("'mixup' twice")));
}

TEST_F(AugmentationPlanTest, FilterGoesWithSyntheticImagesAlone) {
  for (const auto& [source, needs] : {std::pair("originals-and-synthetic", true), std::pair("synthetic", true),
                                      std::pair("mixup", false), std::pair("flips-and-rotations", false)}) {
    options_.sources = {"originals", source};
    const auto spec = AugmentationSpec(options_);
    ASSERT_THAT(spec, IsOk());
    EXPECT_EQ(NeedsSynthetic(spec->augmentation()), needs) << source;
    EXPECT_EQ(spec->augmentation().has_filter(), needs) << source;
  }
  options_.filter = {"min_confidence: 0.6"};
  EXPECT_THAT(AugmentationSpec(options_),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("none of --sources is synthetic")));
}

TEST_F(AugmentationPlanTest, TakesAFilterFieldByField) {
  options_.filter = {"min_confidence: 0.6 min_sharpness: 0.2", "min_sharpness: 0.3"};
  const auto spec = AugmentationSpec(options_);
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(Text(spec->augmentation().filter()), "min_confidence: 0.6 min_sharpness: 0.3 max_sharpness: 2.5");
}

TEST_F(AugmentationPlanTest, ABadFilterIsRefused) {
  const auto bad = [&](const std::string& filter, const std::string& says) {
    options_.filter = {filter};
    EXPECT_THAT(AugmentationSpec(options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says))) << filter;
  };
  bad("confidence: 0.6", "--filter 'confidence: 0.6'");
  bad("min_confidence: 1", "min_confidence is 1; it must be in (0, 1)");
  bad("min_confidence: nan", "min_confidence is nan");
  bad("min_sharpness: 3", "from 3 to 2.5 lets nothing through");
  bad("min_sharpness: -1", "from -1");
}

TEST_F(AugmentationPlanTest, TestsHaveNamesThatTheServerTakes) {
  options_.tests = {"others=faces@2", "other_session=datasets/b"};
  const auto tests = ParseTests(options_);
  ASSERT_THAT(tests, IsOk());
  EXPECT_THAT(*tests, ElementsAre(std::pair("others", "faces@2"), std::pair("other_session", "datasets/b")));
  const auto bad = [&](const std::vector<std::string>& texts, const std::string& says) {
    options_.tests = texts;
    EXPECT_THAT(ParseTests(options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says)));
  };
  bad({"others"}, "NAME=DATASET");
  bad({"others="}, "NAME=DATASET");
  bad({"Others=a"}, "--test");
  bad({"all=a"}, "'all' is taken");
  bad({"a=x", "a=y"}, "'a' is taken");
}

TEST_F(AugmentationPlanTest, TestsShowWhatRecognisersLearn) {
  const auto training = FromText<v1::Dataset>(R"(
    name: "datasets/faces@1" width: 64 height: 64
    schema { features { name: "expression" classes: ["HA", "NE"] } })");
  auto test = training;
  test.set_name("datasets/others@1");
  const auto check = [&] {
    return CheckTests(AugmentationSpec(options_)->augmentation(), training, {{"others", test}});
  };
  EXPECT_THAT(check(), IsOk());
  test.mutable_schema()->mutable_features(0)->add_classes("SU");
  EXPECT_THAT(check(), IsError(absl::StatusCode::kInvalidArgument,
                               HasSubstr("test 'others': datasets/others@1 shows the expression 'SU'")));
  test.mutable_schema()->mutable_features(0)->mutable_classes()->RemoveLast();
  test.set_height(28);
  EXPECT_THAT(check(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("64 x 28")));
}

}  // namespace
}  // namespace facet::cli
