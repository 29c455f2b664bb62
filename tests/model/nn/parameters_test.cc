// SPDX-License-Identifier: Apache-2.0
#include "model/nn/parameters.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace facet::model {
namespace {

NamedTensors Layer(const std::string& name, std::optional<uint64_t> seed) {
  NamedTensors parameters;
  AddLayer(name, {100, 300}, 100, 0.5, seed, parameters);
  return parameters;
}

TEST(ParametersTest, ALayerIsAWeightAndABias) {
  const NamedTensors layer = Layer("net.layer", 1);
  ASSERT_EQ(layer.size(), 2u);
  EXPECT_EQ(layer[0].name, "net.layer.weight");
  EXPECT_EQ(layer[1].name, "net.layer.bias");
  EXPECT_EQ(layer[1].tensor.numel(), 100);
  EXPECT_TRUE(layer[0].tensor.is_leaf());
  EXPECT_TRUE(layer[0].tensor.requires_grad());
  EXPECT_EQ(TotalBytes(layer), 4 * (100 * 300 + 100));
}

TEST(ParametersTest, NumbersDependOnSeedAndNameAlone) {
  const at::Tensor weight = Layer("a", 1)[0].tensor;
  const int threads = at::get_num_threads();
  at::set_num_threads(threads == 1 ? 2 : 1);
  EXPECT_TRUE(at::equal(weight, Layer("a", 1)[0].tensor));
  at::set_num_threads(threads);
  EXPECT_FALSE(at::equal(weight, Layer("b", 1)[0].tensor));
  EXPECT_FALSE(at::equal(weight, Layer("a", 2)[0].tensor));
}

TEST(ParametersTest, NumbersAreNormal) {
  const at::Tensor weight = Layer("a", 1)[0].tensor.detach();
  EXPECT_NEAR(weight.mean().item<double>(), 0, 0.01);
  EXPECT_NEAR(weight.std().item<double>(), 0.5, 0.01);
  const double beyond_two = (weight.abs() > 1.0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(beyond_two, 0.0455, 0.005);
}

TEST(ParametersTest, MovingKeepsValuesAndWhetherTheyLearn) {
  NamedTensors layer = Layer("a", 1);
  layer[1].tensor.requires_grad_(false);
  const at::Tensor before = layer[0].tensor.detach().clone();
  MoveParameters(c10::kCPU, at::kDouble, layer);
  EXPECT_EQ(layer[0].tensor.scalar_type(), at::kDouble);
  EXPECT_TRUE(layer[0].tensor.is_leaf());
  EXPECT_TRUE(layer[0].tensor.requires_grad());
  EXPECT_FALSE(layer[1].tensor.requires_grad());
  EXPECT_TRUE(at::equal(layer[0].tensor.detach().to(at::kFloat), before));
}

}  // namespace
}  // namespace facet::model
