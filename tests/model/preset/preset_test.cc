// SPDX-License-Identifier: Apache-2.0
#include "model/preset/preset.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "preset_samples.h"

namespace facet::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A folder of its own for each test.
std::string PresetFolder(const std::string& name, const std::map<std::string, std::string>& files) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/presets_", name);
  FileSystem& file_system = *FileSystem::Posix();
  EXPECT_TRUE(file_system.RemoveAll(folder).ok());
  EXPECT_TRUE(file_system.CreateDirs(folder).ok());
  for (const auto& [file, text] : files) {
    EXPECT_TRUE(file_system.WriteFileAtomically(absl::StrCat(folder, "/", file), text).ok());
  }
  return folder;
}

TEST(ParsePresetTest, NamesLineAndColumnOfAMistake) {
  const auto preset = ParsePreset("name: \"x\"\ngenerator {\n  base_sise: 7\n}\n", "my.textproto");
  EXPECT_EQ(preset.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(preset.status().message()), AllOf(HasSubstr("my.textproto:3:"), HasSubstr("base_sise")));
}

TEST(ParsePresetTest, RefusesAnIllFormedName) {
  for (const char* text : {"", "name: \"Upper\"", "name: \"../x\"", "name: \"a b\""}) {
    const auto preset = ParsePreset(text, "p");
    EXPECT_EQ(preset.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(GetErrorDetail(preset.status()).field, "name");
  }
}

TEST(ParsePresetTest, RefusesBinaryRubbish) {
  EXPECT_FALSE(ParsePreset(absl::string_view("\x00\xff\x12\x7f", 4), "p").ok());
  EXPECT_FALSE(ParsePreset(std::string(size_t{2} << 20, ' '), "p").ok());
}

TEST(FindPresetTest, SuggestsTheNearestName) {
  const std::string folder = PresetFolder("suggest", {{"digits.textproto", "name: \"digits\""}, {"notes.md", "x"}});
  EXPECT_EQ(FindPreset(*FileSystem::Posix(), folder, "digits")->name(), "digits");
  const auto missing = FindPreset(*FileSystem::Posix(), folder, "digit");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("'digits'"));
  EXPECT_EQ(GetErrorDetail(missing.status()).resource->type, "facet.v1.Preset");
}

TEST(FindPresetTest, NeverLeavesItsFolder) {
  const std::string folder = PresetFolder("inner", {});
  PresetFolder("outside", {{"x.textproto", "name: \"x\""}});
  EXPECT_EQ(FindPreset(*FileSystem::Posix(), folder, "../presets_outside/x").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(FindPresetTest, RefusesAFileUnderAnotherName) {
  const std::string folder = PresetFolder("other", {{"a.textproto", "name: \"b\""}});
  EXPECT_THAT(std::string(FindPreset(*FileSystem::Posix(), folder, "a").status().message()),
              HasSubstr("holds preset 'b'"));
}

TEST(ListPresetsTest, IsSortedAndIgnoresOtherFiles) {
  const std::string folder = PresetFolder(
      "list", {{"a-b.textproto", "name: \"a-b\""}, {"a.textproto", "name: \"a\""}, {"README.md", "hello"}});
  const auto presets = ListPresets(*FileSystem::Posix(), folder);
  ASSERT_EQ(presets->size(), 2u);
  EXPECT_EQ((*presets)[0].name(), "a");
  EXPECT_EQ((*presets)[1].name(), "a-b");
}

TEST(ListPresetsTest, FailsWithoutAFolder) {
  EXPECT_FALSE(ListPresets(*FileSystem::Posix(), testing::TempDir() + "/no_such_presets").ok());
}

TEST(MergeTrainingOptionsTest, KeepsWhatIsNotOverridden) {
  const v1::TrainingOptions base = TinyPreset().training();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(MergeTrainingOptions(base, {}), base));
}

TEST(MergeTrainingOptionsTest, OverridesFieldByFieldEvenWithZero) {
  v1::TrainingOptions overrides;
  overrides.set_steps(99);
  overrides.set_feature_loss_weight(0);
  overrides.set_update_rule(v1::UPDATE_RULE_PIXELS);
  const v1::TrainingOptions merged = MergeTrainingOptions(TinyPreset().training(), overrides);
  EXPECT_EQ(merged.steps(), 99);
  EXPECT_EQ(merged.feature_loss_weight(), 0);
  EXPECT_EQ(merged.update_rule(), v1::UPDATE_RULE_PIXELS);
  EXPECT_EQ(merged.batch_size(), 4);
}

TEST(MergeTrainingOptionsTest, ReplacesListsAndSchedulesOfAnotherKindWhole) {
  v1::TrainingOptions base = TinyPreset().training();
  base.add_feature_weights()->set_feature("shape");
  v1::TrainingOptions overrides;
  overrides.add_feature_weights()->set_feature("colour");
  ASSERT_NE(base.schedule().kind(), v1::SCHEDULE_KIND_COSINE);
  base.mutable_schedule()->set_warmup_steps(2);
  overrides.mutable_schedule()->set_kind(v1::SCHEDULE_KIND_COSINE);
  const v1::TrainingOptions merged = MergeTrainingOptions(base, overrides);
  ASSERT_EQ(merged.feature_weights_size(), 1);
  EXPECT_EQ(merged.feature_weights(0).feature(), "colour");
  EXPECT_EQ(merged.schedule().kind(), v1::SCHEDULE_KIND_COSINE);
  EXPECT_EQ(merged.schedule().warmup_steps(), 0) << "the old schedule's";
}

v1::TrainingOptions WithSchedule(v1::ScheduleKind kind) {
  v1::TrainingOptions options;
  v1::Schedule& schedule = *options.mutable_schedule();
  schedule.set_kind(kind);
  schedule.set_interval(300);
  schedule.set_factor(0.25F);
  schedule.set_floor(1e-6F);
  schedule.set_warmup_steps(50);
  return options;
}

TEST(MergeTrainingOptionsTest, FieldsOfAScheduleWithoutKindChangeThoseAlone) {
  v1::TrainingOptions overrides;
  overrides.mutable_schedule()->set_warmup_steps(5);
  v1::Schedule wanted = WithSchedule(v1::SCHEDULE_KIND_STEP).schedule();
  wanted.set_warmup_steps(5);
  const v1::TrainingOptions merged = MergeTrainingOptions(WithSchedule(v1::SCHEDULE_KIND_STEP), overrides);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(merged.schedule(), wanted)) << merged.DebugString();
}

TEST(MergeTrainingOptionsTest, AScheduleWithAKindReplacesThePresets) {
  v1::TrainingOptions overrides;
  overrides.mutable_schedule()->set_kind(v1::SCHEDULE_KIND_STEP);
  overrides.mutable_schedule()->set_interval(7);
  const v1::TrainingOptions merged = MergeTrainingOptions(WithSchedule(v1::SCHEDULE_KIND_STEP), overrides);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(merged.schedule(), overrides.schedule()))
      << "the way to set a field to 0: " << merged.DebugString();
}

TEST(MergeTrainingOptionsTest, FieldsOfAScheduleThatThePresetLeavesOutGoOnThePapers) {
  v1::TrainingOptions overrides;
  overrides.mutable_schedule()->set_warmup_steps(5);
  const v1::TrainingOptions merged = MergeTrainingOptions({}, overrides);
  EXPECT_EQ(merged.schedule().kind(), v1::SCHEDULE_KIND_PAPER);
  EXPECT_EQ(merged.schedule().warmup_steps(), 5);
}

TEST(MergeTrainingOptionsTest, FewerStepsShortenAWarmupBesideAnotherFieldOfTheSchedule) {
  v1::TrainingOptions overrides;
  overrides.set_steps(8);
  overrides.mutable_schedule()->set_floor(1e-5F);
  EXPECT_EQ(MergeTrainingOptions(WithSchedule(v1::SCHEDULE_KIND_COSINE), overrides).schedule().warmup_steps(), 2);
}

TEST(MergeTrainingOptionsTest, FewerStepsShortenThePresetsWarmups) {
  v1::TrainingOptions base = TinyPreset().training();
  base.set_steps(4000);
  base.set_classifier_warmup_steps(200);
  base.mutable_schedule()->set_warmup_steps(50);
  v1::TrainingOptions overrides;
  overrides.set_steps(8);
  v1::TrainingOptions merged = MergeTrainingOptions(base, overrides);
  EXPECT_EQ(merged.classifier_warmup_steps(), 2);
  EXPECT_EQ(merged.schedule().warmup_steps(), 2);
  EXPECT_EQ(merged.schedule().kind(), base.schedule().kind());
  overrides.set_steps(400);
  merged = MergeTrainingOptions(base, overrides);
  EXPECT_EQ(merged.classifier_warmup_steps(), 100);
  EXPECT_EQ(merged.schedule().warmup_steps(), 50) << "short enough";
  overrides.set_classifier_warmup_steps(399);
  *overrides.mutable_schedule() = base.schedule();
  overrides.mutable_schedule()->set_warmup_steps(300);
  merged = MergeTrainingOptions(base, overrides);
  EXPECT_EQ(merged.classifier_warmup_steps(), 399) << "was asked for";
  EXPECT_EQ(merged.schedule().warmup_steps(), 300);
}

TEST(MergeJudgeOptionsTest, TakesWhatIsNotZero) {
  v1::JudgeOptions base;
  base.set_steps(100);
  base.set_batch_size(32);
  base.set_train_on_synthetic(true);
  v1::JudgeOptions overrides;
  overrides.set_steps(5);
  overrides.set_seed(3);
  const v1::JudgeOptions merged = MergeJudgeOptions(base, overrides);
  EXPECT_EQ(merged.steps(), 5);
  EXPECT_EQ(merged.batch_size(), 32);
  EXPECT_EQ(merged.seed(), 3u);
  EXPECT_TRUE(merged.train_on_synthetic());
}

}  // namespace
}  // namespace facet::model
