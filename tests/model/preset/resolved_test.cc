// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "model/preset/preset.h"
#include "preset_samples.h"

namespace facet::model {
namespace {

using ::google::protobuf::util::MessageDifferencer;

// Resolving once and twice comes to the same preset.
void ExpectFixedPoint(const v1::Preset& preset, const FeatureSchema& schema, int image_size) {
  const NetPlan plan = ResolvePreset(preset, schema, image_size).value();
  const v1::Preset once = ResolvedPreset(preset, plan, schema);
  const auto again = ResolvePreset(once, schema, 0);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->generator.image_size(), plan.generator.image_size());
  EXPECT_EQ(again->training.learning_rate, plan.training.learning_rate);
  EXPECT_EQ(again->training.beta1, plan.training.beta1);
  EXPECT_EQ(again->training.epsilon, plan.training.epsilon);
  EXPECT_EQ(again->training.class_weights, plan.training.class_weights);
  EXPECT_EQ(again->training.mix_feature, plan.training.mix_feature);
  EXPECT_EQ(again->classifier.headless, plan.classifier.headless);
  EXPECT_EQ(again->judge.learning_rate, plan.judge.learning_rate);
  EXPECT_EQ(again->judge.seed, plan.judge.seed);
  EXPECT_EQ(again->judge.train_on_synthetic, plan.judge.train_on_synthetic);
  EXPECT_TRUE(MessageDifferencer::Equals(ResolvedPreset(once, *again, schema), once));
}

TEST(ResolvedPresetTest, ResolvesToTheSamePlan) {
  ExpectFixedPoint(TinyPreset(), TinySchema(), 0);
  ExpectFixedPoint(TinyPreset(), TinySchema(), 15);
}

TEST(ResolvedPresetTest, WritesDefaultsOut) {
  v1::Preset preset = TinyPreset();
  preset.clear_training();
  preset.mutable_training()->set_steps(5);
  ExpectFixedPoint(preset, TinySchema(), 0);
  const NetPlan plan = ResolvePreset(preset, TinySchema(), 0).value();
  const v1::TrainingOptions training = ResolvedPreset(preset, plan, TinySchema()).training();
  EXPECT_EQ(training.batch_size(), 64);
  EXPECT_FLOAT_EQ(training.learning_rate(), 2e-4f);
  EXPECT_EQ(training.schedule().kind(), v1::SCHEDULE_KIND_PAPER);
  EXPECT_EQ(training.feature_weights_size(), 2);
}

TEST(ResolvedPresetTest, WritesSolvedSizesOut) {
  const NetPlan plan = ResolvePreset(TinyPreset(), TinySchema(), 14).value();
  const v1::Preset resolved = ResolvedPreset(TinyPreset(), plan, TinySchema());
  EXPECT_EQ(resolved.generator().image_size(), 14);
  EXPECT_EQ(resolved.generator().layers(1).padding(), plan.generator.layers[1].padding);
}

TEST(ResolvedPresetTest, KeepsHeadsApartFromWeightsOfZero) {
  v1::Preset preset = TinyPreset();
  preset.mutable_training()->set_class_weight(0);
  ExpectFixedPoint(preset, TinySchema(), 0);
  preset.mutable_training()->add_feature_weights()->set_feature("colour");
  ExpectFixedPoint(preset, TinySchema(), 0);
}

TEST(ResolvedPresetTest, HoldsForBundledPresets) {
  const auto find = [](const char* name) { return FindPreset(*FileSystem::Posix(), BundledPresets(), name).value(); };
  ExpectFixedPoint(find("digits"), DigitSchema(), 0);
  ExpectFixedPoint(find("face-158"), FaceSchema(), 0);
  ExpectFixedPoint(find("face-64"), TinySchema(), 0);
}

TEST(ResolvedPresetTest, KeepsSwitches) {
  v1::Preset preset = TinyPreset();
  v1::TrainingOptions& training = *preset.mutable_training();
  training.set_pixel_distance(v1::PIXEL_DISTANCE_CHARBONNIER);
  training.set_precision(v1::PRECISION_MIXED);
  training.set_average_decay(0.99f);
  training.set_mix_parents(3);
  training.set_mix_ratio_min(0.25f);
  training.set_analogy_share(0.25f);
  training.set_analogy_feature("shape");
  training.set_analogy_neighbours(7);
  const NetPlan plan = ResolvePreset(preset, TinySchema(), 0).value();
  EXPECT_EQ(plan.training.pixel_distance, PixelDistance::kCharbonnier);
  EXPECT_EQ(plan.training.precision, Precision::kMixed);
  EXPECT_EQ(plan.training.average_decay, 0.99f);
  EXPECT_EQ(plan.training.mix_parents, 3);
  EXPECT_EQ(plan.training.mix_ratio_min, 0.25f);
  EXPECT_EQ(plan.training.analogy_share, 0.25f);
  EXPECT_EQ(plan.training.analogy_feature, 0);
  EXPECT_EQ(plan.training.analogy_neighbours, 7);
  ExpectFixedPoint(preset, TinySchema(), 0);
}

}  // namespace
}  // namespace facet::model
