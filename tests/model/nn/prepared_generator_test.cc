// SPDX-License-Identifier: Apache-2.0
#include "model/nn/prepared_generator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tiny_nets.h"

namespace facet::model {
namespace {

// The shapes of a compact and of a paper preset, with fewer channels.
GeneratorShape Shape(int base, std::vector<std::pair<int, int>> kernels) {
  GeneratorShape shape = TinyGenerator();
  shape.base_size = base;
  shape.base_channels = 8;
  shape.layers.clear();
  int channels = 8;
  int size = base;
  for (size_t i = 0; i < kernels.size(); ++i) {
    const auto [kernel, padding] = kernels[i];
    const int out = i + 1 == kernels.size() ? 3 : 6;
    shape.layers.push_back({channels, out, kernel, padding, size, 2 * (size - 1) + kernel - 2 * padding});
    channels = out;
    size = shape.layers.back().out_size;
  }
  return shape;
}

TEST(PreparedGeneratorTest, RendersWhatTheGeneratorRenders) {
  for (const GeneratorShape& shape :
       {TinyGenerator(), Shape(7, {{4, 1}, {4, 1}}), Shape(8, {{5, 0}, {5, 1}, {5, 1}, {2, 0}})}) {
    const at::Tensor dense = Uniform({3, 5}, "dense");
    const at::Tensor expected = Generator(shape, 11).Forward(dense);
    const PreparedGenerator prepared(Generator(shape, 11));
    const at::Tensor images = prepared.Forward(dense);
    EXPECT_LT(Difference(images, expected), 1e-5);
    EXPECT_FALSE(images.requires_grad());
    EXPECT_TRUE(images.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_EQ(images.size(2), prepared.generator().shape().image_size());
  }
}

TEST(PreparedGeneratorTest, RepeatsItself) {
  const PreparedGenerator prepared(Generator(TinyGenerator(), 11));
  const at::Tensor dense = Uniform({4, 5}, "dense");
  EXPECT_TRUE(at::equal(prepared.Forward(dense), prepared.Forward(dense)));
}

}  // namespace
}  // namespace facet::model
