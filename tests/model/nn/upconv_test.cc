// SPDX-License-Identifier: Apache-2.0
#include "model/nn/upconv.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tiny_nets.h"

namespace facet::model {
namespace {

struct Layer {
  at::Tensor input, weight, bias;
};

Layer MakeLayer(int kernel, int height, int width, at::ScalarType type) {
  return {Uniform({2, 3, height, width}, "input", type) - 0.5, Uniform({3, 5, kernel, kernel}, "weight", type) - 0.5,
          Uniform({5}, "bias", type) - 0.5};
}

// Every kernel that presets allow, every sensible padding, odd, even and
// unequal sides.
template <typename Check>
void ForEachLayer(const Check& check) {
  for (int kernel = 2; kernel <= 6; ++kernel) {
    for (int padding = 0; padding <= std::min(2, kernel - 1); ++padding) {
      for (const auto& [height, width] : {std::pair(1, 1), {2, 2}, {3, 3}, {4, 7}, {7, 4}, {8, 8}}) {
        if (2 * (std::min(height, width) - 1) + kernel - 2 * padding < 1) continue;
        SCOPED_TRACE(testing::Message() << "k" << kernel << " p" << padding << " " << height << "x" << width);
        check(MakeLayer(kernel, height, width, at::kDouble), padding);
      }
    }
  }
}

at::Tensor Reference(const Layer& layer, int padding) {
  return at::conv_transpose2d(layer.input, layer.weight, layer.bias, 2, padding);
}

TEST(UpconvTest, BothMethodsAreTheTransposedConvolution) {
  int layers = 0;
  ForEachLayer([&](const Layer& layer, int padding) {
    const at::Tensor expected = Reference(layer, padding);
    for (const UpconvMethod method : {UpconvMethod::kTransposed, UpconvMethod::kPhases}) {
      const at::Tensor output = Upconv(layer.input, layer.weight, layer.bias, padding, method);
      EXPECT_LT(Difference(output, expected), 1e-12);
      EXPECT_TRUE(output.is_contiguous(at::MemoryFormat::ChannelsLast));
    }
    ++layers;
  });
  EXPECT_GT(layers, 70);
}

TEST(UpconvTest, PreparedLayersAreTheTransposedConvolution) {
  ForEachLayer([](const Layer& layer, int padding) {
    for (const UpconvMethod method : {UpconvMethod::kTransposed, UpconvMethod::kPhases}) {
      const PreparedUpconv prepared(layer.weight, layer.bias, padding, method);
      EXPECT_LT(Difference(prepared.Forward(layer.input), Reference(layer, padding)), 1e-12);
    }
  });
}

TEST(UpconvTest, GradientsAgreeWithTheTransposedConvolution) {
  ForEachLayer([](const Layer& layer, int padding) {
    const auto gradients = [&](auto compute) {
      Layer leaf = {layer.input.clone().requires_grad_(), layer.weight.clone().requires_grad_(),
                    layer.bias.clone().requires_grad_()};
      const at::Tensor output = compute(leaf);
      (output * Uniform(output.sizes(), "gradient", at::kDouble)).sum().backward();
      return std::vector<at::Tensor>{leaf.input.grad(), leaf.weight.grad(), leaf.bias.grad()};
    };
    const auto expected = gradients([&](const Layer& leaf) { return Reference(leaf, padding); });
    for (const UpconvMethod method : {UpconvMethod::kTransposed, UpconvMethod::kPhases}) {
      const auto actual =
          gradients([&](const Layer& leaf) { return Upconv(leaf.input, leaf.weight, leaf.bias, padding, method); });
      for (size_t i = 0; i < expected.size(); ++i) EXPECT_LT(Difference(actual[i], expected[i]), 1e-12) << i;
    }
  });
}

TEST(UpconvTest, FloatsAgreeToRounding) {
  const Layer layer = MakeLayer(5, 8, 8, at::kFloat);
  for (const UpconvMethod method : {UpconvMethod::kTransposed, UpconvMethod::kPhases}) {
    const at::Tensor output = Upconv(layer.input, layer.weight, layer.bias, 1, method);
    EXPECT_EQ(output.scalar_type(), at::kFloat);
    EXPECT_LT(Difference(output, Reference(layer, 1)), 1e-5);
  }
}

TEST(UpconvTest, PreparedLayersDoNotFollowTheirWeights) {
  const Layer layer = MakeLayer(4, 3, 3, at::kDouble);
  const PreparedUpconv prepared(layer.weight, layer.bias, 1, UpconvMethod::kPhases);
  const at::Tensor before = prepared.Forward(layer.input);
  layer.weight.zero_();
  EXPECT_EQ(Difference(prepared.Forward(layer.input), before), 0);
}

TEST(UpconvTest, TakesPhasesForOddKernelsAndFewChannels) {
  UpconvShape shape = {.in_channels = 64, .out_channels = 64, .kernel = 4};
  EXPECT_EQ(FasterUpconv(shape), UpconvMethod::kTransposed);
  shape.kernel = 5;
  EXPECT_EQ(FasterUpconv(shape), UpconvMethod::kPhases);
  shape = {.in_channels = 64, .out_channels = 3, .kernel = 4};
  EXPECT_EQ(FasterUpconv(shape), UpconvMethod::kPhases);
}

}  // namespace
}  // namespace facet::model
