// SPDX-License-Identifier: Apache-2.0
#include "model/train/cooperative_nets.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/nn/mixed_precision.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;

const c10::Device kCpu(c10::kCPU);

std::vector<at::Tensor> Copy(const NamedTensors& parameters) {
  std::vector<at::Tensor> copies;
  for (const NamedTensor& parameter : parameters) copies.push_back(parameter.tensor.detach().clone());
  return copies;
}

bool Unchanged(const NamedTensors& parameters, const std::vector<at::Tensor>& copies) {
  for (size_t i = 0; i < copies.size(); ++i) {
    if (!at::equal(parameters[i].tensor, copies[i])) return false;
  }
  return true;
}

class CooperativeNetsTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.dataset = dataset_.get();
    options_.images = SplitWithout({}).train;
    options_.batch_size = 8;
  }
  Batch MakeBatch(int step) {
    Batch batch;
    BatchMaker(options_).Make(step, &batch);
    return batch;
  }
  // What one step changes.
  struct Changed {
    bool generator;
    bool classifier;
  };
  Changed StepChanges(CooperativeNets& nets, int step) {
    const auto generator = Copy(nets.generator().parameters());
    const auto classifier = Copy(nets.classifier().parameters());
    losses_ = nets.Step(ViewOf(MakeBatch(step)));
    return {!Unchanged(nets.generator().parameters(), generator),
            !Unchanged(nets.classifier().parameters(), classifier)};
  }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  BatchMakerOptions options_;
  NetPlan plan_ = TinyPlan();
  Losses losses_;
};

TEST_F(CooperativeNetsTest, AStepNamesItsLossesAndTheSumOfThem) {
  CooperativeNets nets(plan_, kCpu);
  const Losses losses = nets.Step(ViewOf(MakeBatch(0)));
  EXPECT_THAT(losses, ElementsAre(Key("classes"), Key("classifier"), Key("features"), Key("generator"), Key("pixels")));
  EXPECT_NEAR(losses.at("generator"), losses.at("pixels") + losses.at("classes") + 0.1 * losses.at("features"), 1e-3);
}

TEST_F(CooperativeNetsTest, WithRuleRealTheGeneratorsStepLeavesTheClassifierAlone) {
  plan_.training.classifier_interval = 2;
  CooperativeNets nets(plan_, kCpu);
  const Changed both = StepChanges(nets, 0);
  EXPECT_TRUE(both.generator);
  EXPECT_TRUE(both.classifier);
  const Changed generator_alone = StepChanges(nets, 1);
  EXPECT_TRUE(generator_alone.generator);
  EXPECT_FALSE(generator_alone.classifier);
  EXPECT_THAT(losses_, Not(Contains(Key("classifier"))));
}

TEST_F(CooperativeNetsTest, WithRuleRealTheClassifierIsBlindToTheGenerator) {
  CooperativeNets nets(plan_, kCpu);
  plan_.generator.joint_widths = {16};  // another generator altogether
  CooperativeNets others(plan_, kCpu);
  for (int step = 0; step < 3; ++step) {
    nets.Step(ViewOf(MakeBatch(step)));
    others.Step(ViewOf(MakeBatch(step)));
  }
  EXPECT_TRUE(Unchanged(others.classifier().parameters(), Copy(nets.classifier().parameters())));
}

TEST_F(CooperativeNetsTest, WithRuleJointTheClassifierIsBlindToRealImages) {
  plan_.training.update_rule = UpdateRule::kJoint;
  plan_.training.pixel_weight = 0;
  plan_.training.feature_loss_weight = 0;
  CooperativeNets nets(plan_, kCpu);
  CooperativeNets others(plan_, kCpu);
  for (int step = 0; step < 3; ++step) {
    Batch batch = MakeBatch(step);
    nets.Step(ViewOf(batch));
    batch.images.assign(batch.images.size(), 0.5f);
    others.Step(ViewOf(batch));
  }
  EXPECT_TRUE(Unchanged(others.classifier().parameters(), Copy(nets.classifier().parameters())));
  EXPECT_TRUE(Unchanged(others.generator().parameters(), Copy(nets.generator().parameters())));
  EXPECT_EQ(nets.classifier_adam().updates(), 3);
}

TEST_F(CooperativeNetsTest, WithRuleBothTheClassifierSeesBoth) {
  plan_.training.update_rule = UpdateRule::kBoth;
  CooperativeNets nets(plan_, kCpu);
  CooperativeNets other_images(plan_, kCpu);
  NetPlan other_plan = plan_;
  other_plan.generator.joint_widths = {16};
  CooperativeNets other_generator(other_plan, kCpu);
  Batch batch = MakeBatch(0);
  nets.Step(ViewOf(batch));
  other_generator.Step(ViewOf(batch));
  batch.images.assign(batch.images.size(), 0.5f);
  other_images.Step(ViewOf(batch));
  EXPECT_FALSE(Unchanged(other_images.classifier().parameters(), Copy(nets.classifier().parameters())));
  EXPECT_FALSE(Unchanged(other_generator.classifier().parameters(), Copy(nets.classifier().parameters())));
}

TEST_F(CooperativeNetsTest, WithRulePixelsTheClassifierIsNeverTouched) {
  plan_.training.update_rule = UpdateRule::kPixels;
  plan_.training.classifier_warmup_steps = 5;
  CooperativeNets nets(plan_, kCpu);
  const Changed changed = StepChanges(nets, 0);
  EXPECT_TRUE(changed.generator);
  EXPECT_FALSE(changed.classifier);
  EXPECT_THAT(losses_, ElementsAre(Key("generator"), Key("pixels")));
  EXPECT_EQ(nets.classifier_adam().updates(), 0);
}

TEST_F(CooperativeNetsTest, InItsWarmUpTheClassifierLearnsAloneAndInEachStep) {
  plan_.training.classifier_warmup_steps = 2;
  plan_.training.classifier_interval = 10;
  CooperativeNets nets(plan_, kCpu);
  for (int step = 0; step < 2; ++step) {
    const Changed changed = StepChanges(nets, step);
    EXPECT_FALSE(changed.generator);
    EXPECT_TRUE(changed.classifier);
    EXPECT_THAT(losses_, ElementsAre(Key("classifier")));
  }
  EXPECT_TRUE(StepChanges(nets, 2).generator);
}

TEST_F(CooperativeNetsTest, TheGeneratorsScheduleBeginsAtItsFirstStep) {
  plan_.training.classifier_warmup_steps = 10;
  plan_.training.schedule.warmup_steps = 4;
  const CooperativeNets nets(plan_, kCpu);
  EXPECT_EQ(nets.GeneratorRate(9), 0);
  EXPECT_NEAR(nets.GeneratorRate(10), 5e-3 / 5, 1e-9);
  EXPECT_NEAR(nets.GeneratorRate(14), 5e-3, 1e-9);
}

TEST_F(CooperativeNetsTest, AFeatureOfWeight0TeachesNothing) {
  plan_.training.class_weights = {0, 0, 1};
  CooperativeNets nets(plan_, kCpu);
  const auto before = Copy(nets.classifier().parameters());
  nets.Step(ViewOf(MakeBatch(0)));
  const NamedTensors& after = nets.classifier().parameters();
  for (size_t i = 0; i < after.size(); ++i) {
    const bool of_other_heads =
        after[i].name.find("classifier.head.0.") == 0 || after[i].name.find("classifier.head.1.") == 0;
    EXPECT_EQ(at::equal(after[i].tensor, before[i]), of_other_heads) << after[i].name;
  }
}

TEST_F(CooperativeNetsTest, ClassWeightsScaleTheirLosses) {
  plan_.training.feature_loss_weight = 0;
  const auto classes_loss = [&](std::vector<double> weights) {
    plan_.training.class_weights = std::move(weights);
    CooperativeNets nets(plan_, kCpu);
    Batch batch = MakeBatch(0);
    // The classifier must be the same for all: it learns from nothing.
    plan_.training.classifier_learning_rate = 0;
    return nets.Step(ViewOf(batch)).at("classes");
  };
  plan_.training.classifier_learning_rate = 0;
  const double side = classes_loss({1, 0, 0});
  const double colour = classes_loss({0, 1, 0});
  EXPECT_NEAR(classes_loss({10, 2, 0}), 10 * side + 2 * colour, 1e-4);
}

TEST_F(CooperativeNetsTest, MixedRowsAreTheGeneratorsTargetsAlone) {
  CooperativeNets plain(plan_, kCpu);
  CooperativeNets mixed(plan_, kCpu);
  plain.Step(ViewOf(MakeBatch(0)));
  options_.mix_share = 0.5;
  options_.mix_feature = kColour;
  mixed.Step(ViewOf(MakeBatch(0)));
  EXPECT_TRUE(Unchanged(mixed.classifier().parameters(), Copy(plain.classifier().parameters())));
  EXPECT_FALSE(Unchanged(mixed.generator().parameters(), Copy(plain.generator().parameters())));
}

TEST_F(CooperativeNetsTest, EqualStepsGiveEqualBits) {
  CooperativeNets nets(plan_, kCpu);
  CooperativeNets again(plan_, kCpu);
  for (int step = 0; step < 5; ++step) {
    EXPECT_EQ(nets.Step(ViewOf(MakeBatch(step))), again.Step(ViewOf(MakeBatch(step))));
  }
  EXPECT_TRUE(Unchanged(again.WeightsAndMoments(), Copy(nets.WeightsAndMoments())));
}

// The setting is the process's: what was drawn in between must not slow a GPU
// down, nor change what it learns.
TEST_F(CooperativeNetsTest, StepsAskForFastProductsAndDrawingForExactOnes) {
  CooperativeNets nets(plan_, kCpu);
  const auto fast = [] {
    return std::pair(at::globalContext().allowTF32CuBLAS(), at::globalContext().allowTF32CuDNN());
  };
  for (int step = 0; step < 2; ++step) {
    nets.Step(ViewOf(MakeBatch(step)));
    EXPECT_EQ(fast(), std::pair(true, true));
    nets.Draw(MakeBatch(0).labels, 8);
    EXPECT_EQ(fast(), std::pair(false, false));
  }
}

TEST_F(CooperativeNetsTest, MixedPrecisionMovesLossesByRoundingAlone) {
  options_.mix_share = 0.5;
  options_.mix_feature = kColour;
  for (const UpdateRule rule : {UpdateRule::kReal, UpdateRule::kBoth, UpdateRule::kJoint, UpdateRule::kPixels}) {
    plan_.training.update_rule = rule;
    plan_.training.precision = Precision::kFloat32;
    CooperativeNets exact(plan_, kCpu);
    plan_.training.precision = Precision::kMixed;
    CooperativeNets mixed(plan_, kCpu);
    CooperativeNets again(plan_, kCpu);
    for (int step = 0; step < 5; ++step) {
      const Losses expected = exact.Step(ViewOf(MakeBatch(step)));
      const Losses losses = mixed.Step(ViewOf(MakeBatch(step)));
      EXPECT_EQ(losses, again.Step(ViewOf(MakeBatch(step))));
      // Where the processor has no units for it, nothing is rounded.
      EXPECT_EQ(losses == expected, !HasBfloat16Units(kCpu)) << step;
      for (const auto& [part, loss] : expected) EXPECT_NEAR(losses.at(part), loss, 0.05 * loss + 1e-2) << part;
    }
    for (const NamedTensor& tensor : mixed.WeightsAndMoments()) {
      EXPECT_EQ(tensor.tensor.scalar_type(), at::kFloat) << tensor.name;
    }
  }
}

TEST_F(CooperativeNetsTest, TheAverageIsWhatIsUsedAndTheNetLearnsAsWithoutIt) {
  CooperativeNets plain(plan_, kCpu);
  plan_.training.average_decay = 0.9;
  CooperativeNets nets(plan_, kCpu);
  for (int step = 0; step < 5; ++step) {
    EXPECT_EQ(nets.Step(ViewOf(MakeBatch(step))), plain.Step(ViewOf(MakeBatch(step))));
  }
  EXPECT_TRUE(Unchanged(nets.generator().parameters(), Copy(plain.generator().parameters())));
  const NamedTensors used = nets.Weights();
  ASSERT_EQ(used.size(), plain.Weights().size());
  for (size_t i = 0; i < used.size(); ++i) {
    EXPECT_EQ(used[i].name, plain.Weights()[i].name);
    const bool is_generator = used[i].name.rfind("generator.", 0) == 0;
    EXPECT_NE(at::equal(used[i].tensor, plain.Weights()[i].tensor), is_generator) << used[i].name;
  }
}

// What is looked at while a run goes on is what comes of it.
TEST_F(CooperativeNetsTest, TheAverageDraws) {
  plan_.training.average_decay = 0.9;
  CooperativeNets nets(plan_, kCpu);
  for (int step = 0; step < 5; ++step) nets.Step(ViewOf(MakeBatch(step)));
  const std::vector<float> labels = MakeBatch(0).labels;
  const std::vector<float> drawn = nets.Draw(labels, 8);
  NamedTensors used = nets.Weights();
  used.resize(nets.generator().parameters().size());
  const at::Tensor dense = at::from_blob(const_cast<float*>(labels.data()), {8, 9}, at::kFloat);
  const at::Tensor images = nets.generator().With(used).Forward(dense).permute({0, 2, 3, 1}).contiguous();
  EXPECT_EQ(drawn, std::vector<float>(images.data_ptr<float>(), images.data_ptr<float>() + images.numel()));
  const at::Tensor raw = nets.generator().Forward(dense).permute({0, 2, 3, 1}).contiguous();
  EXPECT_FALSE(at::equal(images, raw));
}

TEST_F(CooperativeNetsTest, TheAverageIsPartOfACheckpoint) {
  const CooperativeNets plain(plan_, kCpu);
  plan_.training.average_decay = 0.9;
  const CooperativeNets nets(plan_, kCpu);
  EXPECT_EQ(nets.WeightsAndMoments().size(), plain.WeightsAndMoments().size() + plain.generator().parameters().size());
}

}  // namespace
}  // namespace facet::model
