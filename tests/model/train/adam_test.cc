// SPDX-License-Identifier: Apache-2.0
#include "model/train/adam.h"

#include <ATen/ATen.h>

#include <cmath>

#include "gtest/gtest.h"

namespace facet::model {
namespace {

NamedTensor MakeParameter(const std::string& name, at::Tensor values) { return {name, values.requires_grad_(true)}; }

TEST(AdamTest, FollowsThePaperNumberByNumber) {
  const NamedTensors parameters = {MakeParameter("p", at::tensor({0.5, -2.0}, at::kFloat))};
  Adam adam(parameters, {0.9, 0.99, 1e-8}, "adam");
  double value = 0.5;
  double mean = 0;
  double square = 0;
  for (int t = 1; t <= 20; ++t) {
    const double gradient = std::sin(t) + 0.3;
    parameters[0].tensor.mutable_grad() = at::full({2}, gradient, at::kFloat);
    adam.Step(0.01);
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.99 * square + 0.01 * gradient * gradient;
    value -= 0.01 * (mean / (1 - std::pow(0.9, t))) / (std::sqrt(square / (1 - std::pow(0.99, t))) + 1e-8);
    EXPECT_NEAR(parameters[0].tensor[0].item<float>(), value, 1e-5) << "update " << t;
  }
  EXPECT_EQ(adam.updates(), 20);
}

TEST(AdamTest, WeightDecayIsPartOfTheGradient) {
  const NamedTensors parameters = {MakeParameter("p", at::full({2}, 4.0))};
  AdamOptions options;
  options.weight_decay = 0.5;
  Adam adam(parameters, options, "adam");
  parameters[0].tensor.mutable_grad() = at::zeros({2});
  adam.Step(0.1);
  // The gradient is 0 + 0.5 * 4; the first update is the rate against its sign.
  // Decoupled decay would give 4 * (1 - 0.1 * 0.5) = 3.8.
  EXPECT_NEAR(parameters[0].tensor[0].item<float>(), 3.9, 1e-5);
  EXPECT_NEAR(adam.state()[0].tensor[0].item<float>(), 0.1 * 2, 1e-6);
}

TEST(AdamTest, AParameterWithoutGradientStays) {
  const NamedTensors parameters = {MakeParameter("moved", at::ones({3})), MakeParameter("still", at::ones({3}))};
  Adam adam(parameters, {}, "adam");
  parameters[0].tensor.mutable_grad() = at::ones({3});
  adam.Step(0.1);
  EXPECT_NE(parameters[0].tensor[0].item<float>(), 1.0f);
  EXPECT_TRUE(at::equal(parameters[1].tensor, at::ones({3})));
  EXPECT_TRUE(at::equal(adam.state()[2].tensor, at::zeros({3})));
}

TEST(AdamTest, GradientsInAnotherMemoryOrderMoveTheRightNumbers) {
  const NamedTensors parameters = {MakeParameter("p", at::zeros({2, 3, 4, 4}))};
  const at::Tensor gradient = at::arange(96, at::kFloat).view({2, 3, 4, 4}) - 48;
  parameters[0].tensor.mutable_grad() = gradient.contiguous(at::MemoryFormat::ChannelsLast);
  Adam adam(parameters, {}, "adam");
  adam.Step(0.1);
  // The first update is the rate against the gradient's sign.
  EXPECT_TRUE(at::allclose(parameters[0].tensor, -0.1 * gradient.sign()));
}

TEST(AdamTest, GoesOnFromSavedMoments) {
  const auto run = [](int updates, Adam* adam, const NamedTensors& parameters) {
    for (int i = 0; i < updates; ++i) {
      parameters[0].tensor.mutable_grad() = parameters[0].tensor.detach() * 2 - 1;
      adam->Step(0.05);
    }
  };
  const NamedTensors straight = {MakeParameter("p", at::linspace(-1, 1, 7))};
  Adam adam(straight, {}, "adam");
  run(5, &adam, straight);
  const NamedTensors resumed = {MakeParameter("p", straight[0].tensor.detach().clone())};
  Adam other(resumed, {}, "adam");
  for (size_t i = 0; i < 2; ++i) other.state()[i].tensor.copy_(adam.state()[i].tensor);
  other.set_updates(adam.updates());
  run(5, &adam, straight);
  run(5, &other, resumed);
  EXPECT_TRUE(at::equal(straight[0].tensor, resumed[0].tensor));
}

TEST(AdamTest, MomentsAreNamedAfterTheParameters) {
  const Adam adam({MakeParameter("generator.base.weight", at::zeros({2}))}, {}, "generator_adam");
  EXPECT_EQ(adam.state()[0].name, "generator_adam.mean.generator.base.weight");
  EXPECT_EQ(adam.state()[1].name, "generator_adam.square.generator.base.weight");
}

}  // namespace
}  // namespace facet::model
