// SPDX-License-Identifier: Apache-2.0
#include "model/nn/losses.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tiny_nets.h"

namespace facet::model {
namespace {

// d loss / d x by central differences, x in double.
at::Tensor NumericalGradient(const std::function<at::Tensor(const at::Tensor&)>& loss, const at::Tensor& x) {
  constexpr double kStep = 1e-6;
  const at::NoGradGuard no_grad;
  const at::Tensor gradient = at::zeros_like(x);
  const at::Tensor moved = x.detach().clone();
  double* numbers = moved.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double before = numbers[i];
    numbers[i] = before + kStep;
    const double above = loss(moved).item<double>();
    numbers[i] = before - kStep;
    const double below = loss(moved).item<double>();
    numbers[i] = before;
    gradient.data_ptr<double>()[i] = (above - below) / (2 * kStep);
  }
  return gradient;
}

void ExpectGradient(const std::function<at::Tensor(const at::Tensor&)>& loss, const at::Tensor& x) {
  const at::Tensor leaf = x.detach().clone().requires_grad_();
  loss(leaf).backward();
  const at::Tensor expected = NumericalGradient(loss, x);
  EXPECT_GT(expected.abs().max().item<double>(), 1e-3) << "a gradient of 0 shows nothing";
  EXPECT_LT(Difference(leaf.grad(), expected), 1e-6 * std::max(1.0, expected.abs().max().item<double>()));
}

at::Tensor Double(at::IntArrayRef shape, const std::string& purpose) { return Uniform(shape, purpose, at::kDouble); }

Classifier DoubleClassifier() {
  Classifier classifier(TinyClassifier(), 2);
  classifier.To(c10::kCPU, at::kDouble);
  return classifier;
}

// Soft weights of two features; each feature's sum to 1.
at::Tensor Targets() {
  return at::tensor({1.0, 0.0, 0.0, 0.3, 0.7, 0.2, 0.5, 0.3, 0.0, 1.0}, at::kDouble).view({2, 5});
}

TrainingPlan Plan(UpdateRule rule) {
  TrainingPlan plan;
  plan.update_rule = rule;
  plan.pixel_weight = 0.5;
  plan.class_weights = {10, 3};
  plan.feature_loss_weight = 0.1;
  return plan;
}

TEST(PixelLossTest, SumsOverPixelsAndAveragesOverTheBatch) {
  const at::Tensor real = at::zeros({2, 3, 4, 4});
  const at::Tensor synthetic = at::zeros({2, 3, 4, 4});
  synthetic[0].fill_(0.5);
  synthetic[1][2][3][3] = 2.0;
  EXPECT_FLOAT_EQ(PixelLoss(synthetic, real).item<float>(), (48 * 0.25f + 4.0f) / 2);
}

TEST(PixelLossTest, HasTheRightGradient) {
  const at::Tensor real = Double({2, 3, 4, 4}, "real");
  ExpectGradient([&](const at::Tensor& x) { return PixelLoss(x, real); }, Double({2, 3, 4, 4}, "synthetic"));
}

TEST(FeatureLossTest, LeavesTheRealImagesAlone) {
  const at::Tensor synthetic = Double({2, 3, 4, 4}, "a").requires_grad_();
  const at::Tensor real = Double({2, 3, 4, 4}, "b").requires_grad_();
  FeatureLoss(synthetic, real).backward();
  EXPECT_TRUE(synthetic.grad().defined());
  EXPECT_FALSE(real.grad().defined());
}

TEST(WeightedCrossEntropyTest, IsEquationOne) {
  const std::vector<at::Tensor> logits = {Double({2, 3}, "first"), Double({2, 2}, "second")};
  double expected = 0;
  const at::Tensor targets = Targets();
  const double weights[] = {10, 3};
  for (int n = 0; n < 2; ++n) {
    for (int f = 0, offset = 0; f < 2; offset += 3, ++f) {
      const auto row = logits[f][n];
      double sum = 0;
      for (int j = 0; j < row.size(0); ++j) sum += std::exp(row[j].item<double>());
      for (int j = 0; j < row.size(0); ++j) {
        const double log_probability = row[j].item<double>() - std::log(sum);
        expected -= weights[f] * targets[n][offset + j].item<double>() * log_probability / 2;
      }
    }
  }
  const double loss = WeightedCrossEntropy(logits, targets, {3, 2}, weights).item<double>();
  EXPECT_NEAR(loss, expected, 1e-12);
}

TEST(WeightedCrossEntropyTest, HasTheRightGradient) {
  const at::Tensor other = Double({2, 2}, "other");
  ExpectGradient(
      [&](const at::Tensor& x) {
        return WeightedCrossEntropy({x, other}, Targets(), {3, 2}, {10., 3.});
      },
      Double({2, 3}, "logits"));
}

TEST(WeightedCrossEntropyTest, LeavesOutFeaturesWithoutWeightOrHead) {
  const at::Tensor first = Double({2, 3}, "first");
  const at::Tensor second = Double({2, 2}, "second");
  const double both = WeightedCrossEntropy({first, second}, Targets(), {3, 2}, {1., 1.}).item<double>();
  const double one = WeightedCrossEntropy({first, second}, Targets(), {3, 2}, {1., 0.}).item<double>();
  const double other = WeightedCrossEntropy({at::Tensor(), second}, Targets(), {3, 2}, {1., 1.}).item<double>();
  EXPECT_NEAR(one + other, both, 1e-12);
  EXPECT_EQ(WeightedCrossEntropy({at::Tensor(), at::Tensor()}, Targets(), {3, 2}, {1., 1.}).item<double>(), 0);
}

TEST(WeightedCrossEntropyTest, StaysFiniteForHugeLogits) {
  const at::Tensor logits = at::tensor({1e4, -1e4, 0.0, -1e4, 1e4, 0.0}, at::kDouble).view({2, 3});
  EXPECT_TRUE(std::isfinite(WeightedCrossEntropy({logits, at::Tensor()}, Targets(), {3, 2}, {10., 0.}).item<double>()));
}

TEST(GeneratorLossTest, IsEquationTwoWithTheFeatureLoss) {
  const Classifier classifier = DoubleClassifier();
  const at::Tensor synthetic = Double({2, 3, 10, 10}, "synthetic");
  const at::Tensor real = Double({2, 3, 10, 10}, "real");
  const GeneratorLoss loss = ComputeGeneratorLoss(classifier, Plan(UpdateRule::kReal), synthetic, real, Targets());
  const ClassifierOutput output = classifier.Forward(synthetic);
  EXPECT_NEAR(loss.pixels.item<double>(), (synthetic - real).square().sum().item<double>() / 2, 1e-10);
  EXPECT_NEAR(loss.classes.item<double>(),
              WeightedCrossEntropy(output.logits, Targets(), {3, 2}, {10., 3.}).item<double>(), 1e-10);
  EXPECT_NEAR(loss.features.item<double>(), FeatureLoss(output.features, classifier.Features(real)).item<double>(),
              1e-10);
  EXPECT_NEAR(loss.total.item<double>(),
              0.5 * loss.pixels.item<double>() + loss.classes.item<double>() + 0.1 * loss.features.item<double>(),
              1e-10);
}

TEST(GeneratorLossTest, HasTheRightGradientThroughTheFrozenClassifier) {
  const Classifier classifier = DoubleClassifier();
  SetRequiresGrad(classifier.parameters(), false);
  const at::Tensor real = Double({2, 3, 10, 10}, "real");
  ExpectGradient(
      [&](const at::Tensor& x) {
        return ComputeGeneratorLoss(classifier, Plan(UpdateRule::kReal), x, real, Targets()).total;
      },
      Double({2, 3, 10, 10}, "synthetic"));
}

TEST(GeneratorLossTest, GradientsFlowIntoAClassifierThatIsNotFrozen) {
  const Classifier classifier = DoubleClassifier();
  const at::Tensor image = Double({2, 3, 10, 10}, "synthetic");
  ComputeGeneratorLoss(classifier, Plan(UpdateRule::kJoint), image, image * 0.5, Targets()).total.backward();
  EXPECT_TRUE(classifier.parameters()[0].tensor.grad().defined());
}

TEST(GeneratorLossTest, PixelsAloneNeedNoClassifier) {
  const Classifier classifier = DoubleClassifier();
  const at::Tensor image = Double({2, 3, 10, 10}, "synthetic");
  const GeneratorLoss loss = ComputeGeneratorLoss(classifier, Plan(UpdateRule::kPixels), image, image * 0.5, Targets());
  EXPECT_FALSE(loss.classes.defined());
  EXPECT_FALSE(loss.features.defined());
  EXPECT_NEAR(loss.total.item<double>(), 0.5 * loss.pixels.item<double>(), 1e-12);
}

TEST(GeneratorLossTest, FeatureLossIsOffAtWeightZero) {
  TrainingPlan plan = Plan(UpdateRule::kReal);
  plan.feature_loss_weight = 0;
  const at::Tensor image = Double({2, 3, 10, 10}, "synthetic");
  EXPECT_FALSE(ComputeGeneratorLoss(DoubleClassifier(), plan, image, image * 0.5, Targets()).features.defined());
}

TEST(PixelLossTest, AbsoluteAndCharbonnierAreWhatTheyAreCalled) {
  const at::Tensor real = at::zeros({2, 3, 4, 4});
  const at::Tensor synthetic = at::zeros({2, 3, 4, 4});
  synthetic[0].fill_(-0.5);
  synthetic[1][2][3][3] = 2.0;
  EXPECT_FLOAT_EQ(PixelLoss(synthetic, real, PixelDistance::kAbsolute).item<float>(), (48 * 0.5f + 2.0f) / 2);
  const double half = std::sqrt(0.25 + 1e-6) - 1e-3;
  const double two = std::sqrt(4 + 1e-6) - 1e-3;
  EXPECT_NEAR(PixelLoss(synthetic, real, PixelDistance::kCharbonnier).item<float>(), (48 * half + two) / 2, 1e-4);
}

TEST(PixelLossTest, CharbonnierIsSmoothAtNoDifference) {
  const at::Tensor real = Double({1, 3, 2, 2}, "real");
  const at::Tensor leaf = real.clone().requires_grad_();
  const at::Tensor loss = PixelLoss(leaf, real, PixelDistance::kCharbonnier);
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(leaf.grad().abs().max().item<double>(), 0);
}

TEST(PixelLossTest, OtherDistancesHaveTheRightGradient) {
  const at::Tensor real = Double({2, 3, 4, 4}, "real");
  for (const PixelDistance distance : {PixelDistance::kAbsolute, PixelDistance::kCharbonnier}) {
    ExpectGradient([&](const at::Tensor& x) { return PixelLoss(x, real, distance); },
                   Double({2, 3, 4, 4}, "synthetic"));
  }
}

TEST(GeneratorLossTest, TakesThePixelDistanceOfThePlan) {
  const Classifier classifier = DoubleClassifier();
  TrainingPlan plan = Plan(UpdateRule::kPixels);
  plan.pixel_distance = PixelDistance::kAbsolute;
  const at::Tensor synthetic = Double({2, 3, 10, 10}, "synthetic");
  const at::Tensor real = Double({2, 3, 10, 10}, "real");
  EXPECT_EQ(ComputeGeneratorLoss(classifier, plan, synthetic, real, Targets()).pixels.item<double>(),
            PixelLoss(synthetic, real, PixelDistance::kAbsolute).item<double>());
}

}  // namespace
}  // namespace facet::model
