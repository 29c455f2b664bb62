// SPDX-License-Identifier: Apache-2.0
// The presets in data/presets against the figures that are known of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/preset/preset.h"
#include "preset_samples.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

NetPlan Resolve(const std::string& name, const FeatureSchema& schema) {
  const auto preset = FindPreset(*FileSystem::Posix(), BundledPresets(), name);
  EXPECT_TRUE(preset.ok()) << preset.status();
  const auto plan = ResolvePreset(preset.value(), schema, 0);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.value();
}

std::vector<int> Sizes(const GeneratorShape& shape) {
  std::vector<int> sizes = {shape.base_size};
  for (const UpconvShape& layer : shape.layers) sizes.push_back(layer.out_size);
  return sizes;
}

std::vector<int> Sizes(const ClassifierShape& shape) {
  std::vector<int> sizes;
  for (const ConvBlockShape& block : shape.blocks) sizes.push_back(block.out_size);
  return sizes;
}

// In millions, to the first decimal.
double Millions(int64_t count) { return static_cast<double>((count + 50'000) / 100'000) / 10.0; }

// As the paper counts: a feature's two layers are two for all features
// together, and every layer but the last has an activation.
int LayersOfThePaper(const GeneratorShape& shape) {
  const int fully_connected = 2 + static_cast<int>(shape.joint_widths.size()) + 1;
  const int affine = fully_connected + static_cast<int>(shape.layers.size());
  return affine + affine - 1;
}

TEST(BundledPresetsTest, AreAllThere) {
  const auto presets = ListPresets(*FileSystem::Posix(), BundledPresets());
  ASSERT_TRUE(presets.ok()) << presets.status();
  std::vector<std::string> names;
  for (const v1::Preset& preset : *presets) {
    names.push_back(preset.name());
    EXPECT_FALSE(preset.description().empty()) << preset.name();
  }
  EXPECT_THAT(names, ElementsAre("digits", "face-158", "face-158-alexnet", "face-158-compact", "face-158-k4",
                                 "face-158-text", "face-64"));
}

TEST(BundledPresetsTest, FaceGeneratorHas17LayersAnd45MillionParameters) {
  const NetPlan plan = Resolve("face-158", FaceSchema());
  EXPECT_EQ(LayersOfThePaper(plan.generator), 17);
  EXPECT_EQ(ParameterCount(plan.generator), 44'890'287);
  EXPECT_EQ(Millions(ParameterCount(plan.generator)), 44.9);
  EXPECT_THAT(Sizes(plan.generator), ElementsAre(8, 19, 39, 79, 158));
  EXPECT_THAT(plan.generator.feature_widths, ElementsAre(512, 512, 256));
}

TEST(BundledPresetsTest, FaceClassifierShrinksAsAlexNet) {
  const NetPlan plan = Resolve("face-158", FaceSchema());
  EXPECT_THAT(Sizes(plan.classifier), ElementsAre(36, 17, 17, 17, 8));
  EXPECT_EQ((158 - plan.classifier.blocks[0].kernel) / plan.classifier.blocks[0].stride + 1, 74);
  EXPECT_TRUE(plan.classifier.headless.empty());
}

TEST(BundledPresetsTest, TextVariantHasHalfTheParameters) {
  EXPECT_EQ(Millions(ParameterCount(Resolve("face-158-text", FaceSchema()).generator)), 22.7);
}

TEST(BundledPresetsTest, AlexNetVariantHas256MillionInTheClassifier) {
  EXPECT_EQ(Millions(ParameterCount(Resolve("face-158-alexnet", FaceSchema()).classifier)), 255.8);
}

TEST(BundledPresetsTest, EvenKernelsReachTheSameSize) {
  EXPECT_THAT(Sizes(Resolve("face-158-k4", FaceSchema()).generator), ElementsAre(8, 18, 38, 78, 158));
}

TEST(BundledPresetsTest, PaperPresetsTrainAsThePaperSays) {
  for (const char* name : {"face-158", "face-158-text", "face-158-k4", "face-158-alexnet"}) {
    const TrainingPlan plan = Resolve(name, FaceSchema()).training;
    EXPECT_EQ(plan.steps, 40000);
    EXPECT_EQ(plan.batch_size, 64);
    EXPECT_EQ(plan.schedule.kind, ScheduleKind::kPaper);
    EXPECT_EQ(plan.schedule.interval, 1000);
    EXPECT_EQ(plan.update_rule, UpdateRule::kReal);
    EXPECT_EQ(plan.feature_loss_weight, 0);
    EXPECT_THAT(plan.class_weights, ElementsAre(10, 10, 10));
    EXPECT_FLOAT_EQ(plan.learning_rate, 2e-4);
    EXPECT_FLOAT_EQ(plan.beta2, 0.99);
    EXPECT_EQ(plan.mix_share, 0);
  }
}

TEST(BundledPresetsTest, DigitsAreReadyToTrain) {
  const NetPlan plan = Resolve("digits", DigitSchema());
  EXPECT_THAT(Sizes(plan.generator), ElementsAre(7, 14, 28));
  EXPECT_THAT(Sizes(plan.classifier), ElementsAre(14, 7, 3));
  EXPECT_THAT(plan.classifier.headless, ElementsAre(1)) << "the example has no head";
  EXPECT_EQ(plan.training.mix_feature, 2);
  EXPECT_FLOAT_EQ(plan.training.beta2, 0.995);
  EXPECT_LT(ParameterCount(plan.generator), 5'000'000);
  EXPECT_TRUE(PresetWarnings(plan).empty());
}

TEST(BundledPresetsTest, CompactFacePresetTakesAnyFeatures) {
  const NetPlan plan = Resolve("face-64", TinySchema());
  EXPECT_THAT(Sizes(plan.generator), ElementsAre(8, 16, 32, 64));
  EXPECT_LT(ParameterCount(plan.generator), 6'000'000);
  EXPECT_TRUE(PresetWarnings(plan).empty());
}

TEST(BundledPresetsTest, CompactPresetOfThePapersSizeTakesATenthOfItsWeights) {
  const NetPlan plan = Resolve("face-158-compact", FaceSchema());
  const NetPlan paper = Resolve("face-158", FaceSchema());
  EXPECT_THAT(Sizes(plan.generator), ElementsAre(8, 18, 38, 78, 158));
  EXPECT_THAT(Sizes(plan.classifier), ElementsAre(79, 39, 19, 19, 9));
  EXPECT_LT(10 * (ParameterCount(plan.generator) + ParameterCount(plan.classifier)),
            ParameterCount(paper.generator) + ParameterCount(paper.classifier));
  EXPECT_TRUE(plan.generator.sub_pixel_start);
  EXPECT_TRUE(PresetWarnings(plan).empty());
}

TEST(BundledPresetsTest, OtherSizesAreSolvedFor) {
  const auto preset = FindPreset(*FileSystem::Posix(), BundledPresets(), "face-64").value();
  for (const int size : {57, 63, 65, 71, 80}) {
    const auto plan = ResolvePreset(preset, TinySchema(), size);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->generator.image_size(), size);
    EXPECT_EQ(plan->classifier.image_size, size);
  }
}

}  // namespace
}  // namespace facet::model
