// SPDX-License-Identifier: Apache-2.0
#include "model/preset/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"
#include "model/preset/preset.h"
#include "preset_samples.h"

namespace facet::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct BadCase {
  std::string field;
  std::function<void(v1::Preset&)> spoil;
  std::string message;
};

void ExpectRefused(const BadCase& bad, int image_size = 0) {
  v1::Preset preset = TinyPreset();
  bad.spoil(preset);
  const auto plan = ResolvePreset(preset, TinySchema(), image_size);
  ASSERT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << bad.field;
  EXPECT_EQ(GetErrorDetail(plan.status()).field, bad.field) << plan.status();
  EXPECT_THAT(std::string(plan.status().message()), HasSubstr(bad.message)) << bad.field;
}

TEST(ResolveTest, MakesThePlanThatThePresetDescribes) {
  const NetPlan plan = ResolvePreset(TinyPreset(), TinySchema(), 0).value();
  EXPECT_THAT(plan.generator.classes, ElementsAre(4, 2));
  EXPECT_THAT(plan.generator.feature_widths, ElementsAre(5, 3));
  EXPECT_EQ(plan.generator.image_size(), 12);
  EXPECT_EQ(plan.generator.layers[1].in_channels, 6);
  EXPECT_EQ(plan.generator.layers[1].in_size, 6);
  EXPECT_EQ(plan.classifier.image_size, 12);
  EXPECT_EQ(plan.classifier.blocks[0].out_size, 6);
  EXPECT_EQ(plan.classifier.blocks[1].in_channels, 4);
  EXPECT_THAT(plan.training.class_weights, ElementsAre(10, 10));
  EXPECT_EQ(plan.training.mix_feature, 1);
  EXPECT_EQ(plan.training.schedule.kind, ScheduleKind::kStep);
  EXPECT_EQ(plan.training.schedule.warmup_steps, 2);
  EXPECT_EQ(plan.judge.batch_size, 3);
}

TEST(ResolveTest, TheJudgeHasTheTrainingsSeedUnlessItsOwn) {
  v1::Preset preset = TinyPreset();
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 0)->judge.seed, 7u);
  EXPECT_FALSE(ResolvePreset(preset, TinySchema(), 0)->judge.train_on_synthetic);
  preset.mutable_training()->set_precision(v1::PRECISION_MIXED);
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 0)->judge.precision, Precision::kMixed);
  preset.mutable_judge()->set_precision(v1::PRECISION_FLOAT32);
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 0)->judge.precision, Precision::kFloat32);
  preset.mutable_judge()->set_seed(9);
  preset.mutable_judge()->set_train_on_synthetic(true);
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 0)->judge.seed, 9u);
  EXPECT_TRUE(ResolvePreset(preset, TinySchema(), 0)->judge.train_on_synthetic);
}

TEST(ResolveTest, FillsInDefaults) {
  v1::Preset preset = TinyPreset();
  preset.clear_training();
  preset.clear_judge();
  preset.mutable_training()->set_steps(5);
  preset.mutable_classifier()->mutable_blocks(0)->set_pool_stride(0);
  const NetPlan plan = ResolvePreset(preset, TinySchema(), 0).value();
  EXPECT_EQ(plan.training.batch_size, 64);
  EXPECT_EQ(plan.training.update_rule, UpdateRule::kReal);
  EXPECT_THAT(plan.training.class_weights, ElementsAre(10, 10));
  EXPECT_EQ(plan.training.pixel_weight, 1);
  EXPECT_EQ(plan.training.classifier_learning_rate, plan.training.learning_rate);
  EXPECT_EQ(plan.training.mix_feature, -1);
  EXPECT_EQ(plan.training.checkpoint_interval, 500);
  EXPECT_EQ(plan.training.classifier_interval, 1);
  EXPECT_EQ(plan.judge.steps, 0);
  EXPECT_EQ(plan.classifier.blocks[0].pool_stride, 2) << "that of the kernel";
}

TEST(ResolveTest, SolvesForAnotherSize) {
  const NetPlan plan = ResolvePreset(TinyPreset(), TinySchema(), 14).value();
  EXPECT_EQ(plan.generator.image_size(), 14);
  EXPECT_EQ(plan.classifier.image_size, 14);
}

TEST(ResolveTest, ImpossibleSizeNamesTheNearest) {
  ExpectRefused({"generator.image_size", [](v1::Preset&) {}, "nearest possible size is 24"}, 100);
  ExpectRefused({"generator.image_size", [](v1::Preset& p) { p.mutable_generator()->set_image_size(0); }, "[4, 1024]"});
  ExpectRefused({"generator.image_size", [](v1::Preset&) {}, "[4, 1024]"}, 100'000);
}

TEST(ResolveTest, ASizeOfItsOwnIsCheckedWhereAnotherIsAskedFor) {
  for (const int size : {-5, 3, 1025}) {
    ExpectRefused(
        {"generator.image_size", [&](v1::Preset& p) { p.mutable_generator()->set_image_size(size); }, "[4, 1024]"}, 14);
  }
  v1::Preset preset = TinyPreset();
  preset.mutable_generator()->set_image_size(29);  // which its layers do not reach
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 14)->generator.image_size(), 14);
  preset.mutable_generator()->clear_image_size();
  EXPECT_EQ(ResolvePreset(preset, TinySchema(), 14)->generator.image_size(), 14);
}

TEST(ResolveTest, WeightZeroByNameTakesTheHeadAway) {
  v1::Preset preset = TinyPreset();
  preset.mutable_training()->add_feature_weights()->set_feature("colour");
  NetPlan plan = ResolvePreset(preset, TinySchema(), 0).value();
  EXPECT_THAT(plan.classifier.headless, ElementsAre(1));
  EXPECT_THAT(plan.training.class_weights, ElementsAre(10, 0));
  preset.mutable_training()->clear_feature_weights();
  preset.mutable_training()->set_class_weight(0);
  plan = ResolvePreset(preset, TinySchema(), 0).value();
  EXPECT_TRUE(plan.classifier.headless.empty()) << "the judge still needs heads";
}

TEST(ResolveTest, RefusesAnEmptySchema) {
  EXPECT_EQ(ResolvePreset(TinyPreset(), FeatureSchema(), 0).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ResolveTest, UnknownFeaturesNameTheNearest) {
  const std::vector<BadCase> cases = {
      {"generator.feature_widths[0].feature",
       [](v1::Preset& p) { p.mutable_generator()->mutable_feature_widths(0)->set_feature("color"); }, "'colour'"},
      {"training.feature_weights[0].feature",
       [](v1::Preset& p) { p.mutable_training()->add_feature_weights()->set_feature("shap"); }, "'shape'"},
      {"training.mix_feature", [](v1::Preset& p) { p.mutable_training()->set_mix_feature("colours"); }, "'colour'"},
  };
  for (const BadCase& bad : cases) {
    ExpectRefused(bad);
    v1::Preset preset = TinyPreset();
    bad.spoil(preset);
    EXPECT_EQ(GetErrorDetail(ResolvePreset(preset, TinySchema(), 0).status()).reason, "UNKNOWN_FEATURE");
  }
}

TEST(ResolveTest, RefusesBadGenerators) {
  const auto generator = [](auto set) { return [set](v1::Preset& p) { set(*p.mutable_generator()); }; };
  const std::vector<BadCase> cases = {
      {"name", [](v1::Preset& p) { p.set_name("No Good"); }, "No Good"},
      {"generator.feature_width", generator([](auto& g) { g.set_feature_width(0); }), "is 0"},
      {"generator.feature_widths[0].width", generator([](auto& g) { g.mutable_feature_widths(0)->set_width(-1); }),
       "is -1"},
      {"generator.feature_widths[1].feature", generator([](auto& g) { *g.add_feature_widths() = g.feature_widths(0); }),
       "twice"},
      {"generator.joint_widths", generator([](auto& g) { g.clear_joint_widths(); }), "0 entries"},
      {"generator.joint_widths[0]", generator([](auto& g) { g.set_joint_widths(0, 0); }), "is 0"},
      {"generator.base_size", generator([](auto& g) { g.set_base_size(0); }), "is 0"},
      {"generator.base_channels", generator([](auto& g) { g.set_base_channels(-3); }), "is -3"},
      {"generator.leaky_slope", generator([](auto& g) { g.set_leaky_slope(kNan); }), "is nan"},
      {"generator.leaky_slope", generator([](auto& g) { g.set_leaky_slope(1); }), "below 1"},
      {"generator.layers", generator([](auto& g) { g.clear_layers(); }), "0 entries"},
      {"generator.layers[0].kernel", generator([](auto& g) { g.mutable_layers(0)->set_kernel(7); }), "[2, 6]"},
      {"generator.layers[1].padding", generator([](auto& g) { g.mutable_layers(1)->set_padding(-1); }), "is -1"},
      {"generator.layers[0].out_channels", generator([](auto& g) { g.mutable_layers(0)->set_out_channels(0); }),
       "is 0"},
      {"generator.layers[1].out_channels", generator([](auto& g) { g.mutable_layers(1)->set_out_channels(4); }),
       "must have 3"},
  };
  for (const BadCase& bad : cases) ExpectRefused(bad);
}

TEST(ResolveTest, RefusesBadClassifiers) {
  const auto classifier = [](auto set) { return [set](v1::Preset& p) { set(*p.mutable_classifier()); }; };
  const auto block = [](auto set) { return [set](v1::Preset& p) { set(*p.mutable_classifier()->mutable_blocks(1)); }; };
  const std::vector<BadCase> cases = {
      {"classifier.blocks", classifier([](auto& c) { c.clear_blocks(); }), "0 entries"},
      {"classifier.blocks[1].out_channels", block([](auto& b) { b.set_out_channels(0); }), "is 0"},
      {"classifier.blocks[1].kernel", block([](auto& b) { b.set_kernel(0); }), "is 0"},
      {"classifier.blocks[1].stride", block([](auto& b) { b.set_stride(-1); }), "is -1"},
      {"classifier.blocks[1].padding", block([](auto& b) { b.set_padding(3); }), "[0, 2]"},
      {"classifier.blocks[1].pool_stride", block([](auto& b) { b.set_pool_stride(2); }), "without a pool_kernel"},
      {"classifier.head_widths", classifier([](auto& c) { c.clear_head_widths(); }), "0 entries"},
      {"classifier.head_widths[0]", classifier([](auto& c) { c.set_head_widths(0, 0); }), "is 0"},
      {"classifier.leaky_slope", classifier([](auto& c) { c.set_leaky_slope(-0.1f); }), "is -0.1"},
      {"classifier.dropout", classifier([](auto& c) { c.set_dropout(1); }), "below 1"},
      {"classifier.dropout", classifier([](auto& c) { c.set_dropout(kNan); }), "is nan"},
      {"classifier.feature_loss_block", classifier([](auto& c) { c.set_feature_loss_block(2); }), "[0, 1]"},
  };
  for (const BadCase& bad : cases) ExpectRefused(bad);
}

TEST(ResolveTest, NamesTheBlockThatShrinksTheImageToNothing) {
  ExpectRefused({"classifier.blocks[1].pool_kernel",
                 [](v1::Preset& p) { p.mutable_classifier()->mutable_blocks(1)->set_pool_kernel(9); },
                 "only 6 x 6 pixels"});
  ExpectRefused({"classifier.blocks[1].kernel",
                 [](v1::Preset& p) {
                   p.mutable_classifier()->mutable_blocks(1)->set_kernel(11);
                   p.mutable_classifier()->mutable_blocks(1)->set_padding(1);
                 },
                 "to nothing"});
}

TEST(ResolveTest, RefusesBadTrainingOptions) {
  const auto training = [](auto set) { return [set](v1::Preset& p) { set(*p.mutable_training()); }; };
  const auto schedule = [](auto set) {
    return [set](v1::Preset& p) { set(*p.mutable_training()->mutable_schedule()); };
  };
  const std::vector<BadCase> cases = {
      {"training.steps", training([](auto& t) { t.clear_steps(); }), "is 0"},
      {"training.steps", training([](auto& t) { t.set_steps(10'000'001); }), "10000000]"},
      {"training.batch_size", training([](auto& t) { t.set_batch_size(0); }), "is 0"},
      {"training.batch_size", training([](auto& t) { t.set_batch_size(4097); }), "4096]"},
      {"training.update_rule", training([](auto& t) { t.set_update_rule(static_cast<v1::UpdateRule>(9)); }), "is 9"},
      {"training.pixel_weight", training([](auto& t) { t.set_pixel_weight(-1); }), "is -1"},
      {"training.class_weight", training([](auto& t) { t.set_class_weight(kInfinity); }), "is inf"},
      {"training.feature_weights[0].weight", training([](auto& t) {
         t.add_feature_weights()->set_feature("shape");
         t.mutable_feature_weights(0)->set_weight(kNan);
       }),
       "is nan"},
      {"training.feature_weights[1].feature", training([](auto& t) {
         t.add_feature_weights()->set_feature("shape");
         t.add_feature_weights()->set_feature("shape");
       }),
       "twice"},
      {"training.feature_loss_weight", training([](auto& t) { t.set_feature_loss_weight(-1); }), "is -1"},
      {"training.learning_rate", training([](auto& t) { t.set_learning_rate(kNan); }), "is nan"},
      {"training.learning_rate", training([](auto& t) { t.set_learning_rate(0); }), "above 0"},
      {"training.classifier_learning_rate", training([](auto& t) { t.set_classifier_learning_rate(2); }), "at most 1"},
      {"training.beta1", training([](auto& t) { t.set_beta1(1); }), "below 1"},
      {"training.beta2", training([](auto& t) { t.set_beta2(-0.5f); }), "is -0.5"},
      {"training.epsilon", training([](auto& t) { t.set_epsilon(0); }), "above 0"},
      {"training.classifier_warmup_steps", training([](auto& t) { t.set_classifier_warmup_steps(-1); }), "is -1"},
      {"training.classifier_warmup_steps", training([](auto& t) { t.set_classifier_warmup_steps(10); }), "[0, 9]"},
      {"training.classifier_interval", training([](auto& t) { t.set_classifier_interval(-1); }), "is -1"},
      {"training.checkpoint_interval", training([](auto& t) { t.set_checkpoint_interval(-1); }), "is -1"},
      {"training.threads", training([](auto& t) { t.set_threads(-1); }), "is -1"},
      {"training.mix_parents", training([](auto& t) { t.set_mix_parents(4); }), "4"},
      {"training.mix_ratio_max", training([](auto& t) { t.set_mix_ratio_max(0.1f); }), "0.1"},
      {"training.mix_ratio_min", training([](auto& t) { t.set_mix_parents(3), t.set_mix_ratio_min(0); }), "over 0"},
      {"training.average_decay", training([](auto& t) { t.set_average_decay(1); }), "1"},
      {"training.pixel_distance", training([](auto& t) { t.set_pixel_distance(v1::PixelDistance(9)); }), "is 9"},
      {"training.precision", training([](auto& t) { t.set_precision(v1::Precision(9)); }), "is 9"},
      {"training.mix_share", training([](auto& t) { t.set_mix_share(1.5f); }), "is 1.5"},
      {"training.mix_feature", training([](auto& t) { t.clear_mix_feature(); }), "must be given"},
      {"training.analogy_share", training([](auto& t) { t.set_analogy_share(0.75f); }), "is 0.75"},
      {"training.analogy_feature", training([](auto& t) { t.set_analogy_share(0.25f); }), "must be given"},
      {"training.analogy_neighbours", training([](auto& t) { t.set_analogy_neighbours(-1); }), "is -1"},
      {"training.analogy_feature", training([](auto& t) { t.set_analogy_feature("shapes"); }), "'shape'"},
      {"training.analogy_feature", training([](auto& t) { t.set_analogy_feature("colour"); }), "must differ"},
      {"training.mix_feature",
       training([](auto& t) { t.clear_mix_feature(), t.clear_mix_share(), t.set_analogy_feature("shape"); }),
       "must be given with analogy_feature"},
      {"training.schedule.kind", schedule([](auto& s) { s.clear_kind(); }), "must be"},
      {"training.schedule.interval", schedule([](auto& s) { s.set_interval(-1); }), "is -1"},
      {"training.schedule.factor", schedule([](auto& s) { s.set_factor(1); }), "below 1"},
      {"training.schedule.floor", schedule([](auto& s) { s.set_floor(0.5f); }), "is 0.5"},
      {"training.schedule.floor", schedule([](auto& s) { s.set_floor(kNan); }), "is nan"},
      {"training.schedule.warmup_steps", schedule([](auto& s) { s.set_warmup_steps(11); }), "[0, 10]"},
      {"judge.steps", [](v1::Preset& p) { p.mutable_judge()->set_steps(-1); }, "is -1"},
      {"judge.precision", [](v1::Preset& p) { p.mutable_judge()->set_precision(v1::Precision(7)); }, "is 7"},
      {"judge.batch_size", [](v1::Preset& p) { p.mutable_judge()->set_batch_size(5000); }, "4096]"},
      {"judge.learning_rate", [](v1::Preset& p) { p.mutable_judge()->set_learning_rate(kNan); }, "is nan"},
  };
  for (const BadCase& bad : cases) ExpectRefused(bad);
}

TEST(ResolveTest, RefusesAFeatureOfOneClassForMixing) {
  const auto schema = FeatureSchema::Create({{"shape", NumberedClasses(4)}, {"colour", {"red"}}}).value();
  const auto plan = ResolvePreset(TinyPreset(), schema, 0);
  EXPECT_EQ(GetErrorDetail(plan.status()).field, "training.mix_feature");
}

TEST(ResolveTest, RefusesAFeatureOfOneClassForAnalogies) {
  const auto schema = FeatureSchema::Create({{"shape", {"round"}}, {"colour", NumberedClasses(3)}}).value();
  v1::Preset preset = TinyPreset();
  preset.mutable_training()->set_analogy_feature("shape");
  const auto plan = ResolvePreset(preset, schema, 0);
  EXPECT_EQ(GetErrorDetail(plan.status()).field, "training.analogy_feature");
}

TEST(ResolveTest, MixesAndAnalogiesMayFillABatchTogether) {
  const auto schema = FeatureSchema::Create({{"shape", NumberedClasses(4)}, {"colour", NumberedClasses(3)}}).value();
  v1::Preset preset = TinyPreset();
  preset.mutable_training()->set_analogy_feature("shape");
  for (const auto& [mixed, analogous] : std::vector<std::pair<float, float>>{{.2f, .8f}, {.15f, .85f}, {.6f, .4f}}) {
    preset.mutable_training()->set_mix_share(mixed);
    preset.mutable_training()->set_analogy_share(analogous);
    const auto plan = ResolvePreset(preset, schema, 0);
    EXPECT_TRUE(plan.ok()) << plan.status();
  }
}

TEST(ResolveTest, RefusesNetsBeyondReason) {
  ExpectRefused({"generator",
                 [](v1::Preset& p) {
                   p.mutable_generator()->clear_joint_widths();
                   for (int i = 0; i < 3; ++i) p.mutable_generator()->add_joint_widths(65536);
                 },
                 "parameters"});
}

}  // namespace
}  // namespace facet::model
