// SPDX-License-Identifier: Apache-2.0
#include "client/cli/training_options.h"

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

TEST(SetPresetTest, TakesANameOrAFile) {
  v1::TrainingSpec spec;
  ASSERT_THAT(SetPreset("digits", "", spec), IsOk());
  EXPECT_EQ(spec.preset(), "digits");
  const TempDir dir;
  ASSERT_THAT(SetPreset("", dir.Write("p.textproto", "name: 'mine'"), spec), IsOk());
  EXPECT_EQ(spec.inline_preset().name(), "mine");
}

TEST(SetPresetTest, RefusesBothNeitherAndWhatIsNone) {
  v1::TrainingSpec spec;
  EXPECT_THAT(SetPreset("", "", spec), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("either")));
  EXPECT_THAT(SetPreset("digits", "file", spec), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("either")));
  const TempDir dir;
  EXPECT_THAT(SetPreset("", dir.Write("p", "shape: 3"), spec),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("no field named \"shape\"")));
  EXPECT_EQ(SetPreset("", dir / "nowhere", spec).code(), absl::StatusCode::kNotFound);
}

TEST(SetPresetTest, OfAFileGivenAsANameItIsSaidHow) {
  v1::TrainingSpec spec;
  for (const char* file : {"mine.textproto", "./mine", "/presets/mine"}) {
    EXPECT_THAT(SetPreset(file, "", spec), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--preset-file")));
  }
}

TEST(SetOverridesTest, NumbersComeOnTopOfTexts) {
  v1::TrainingOptions overrides;
  ASSERT_THAT(SetOverrides({"batch_size: 8", "steps: 5"}, 7, 0, overrides), IsOk());
  EXPECT_EQ(overrides.batch_size(), 8);
  EXPECT_EQ(overrides.steps(), 7);
  EXPECT_TRUE(overrides.has_seed());
  v1::TrainingOptions none;
  ASSERT_THAT(SetOverrides({}, 0, -1, none), IsOk());
  EXPECT_EQ(none.ByteSizeLong(), 0u);
}

TEST(SetOverridesTest, SaysWhatIsNotUnderstood) {
  v1::TrainingOptions overrides;
  EXPECT_THAT(SetOverrides({"lr: 1"}, 0, -1, overrides),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--override 'lr: 1'")));
}

}  // namespace
}  // namespace facet::cli
