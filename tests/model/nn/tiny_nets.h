// SPDX-License-Identifier: Apache-2.0
// Nets small enough to compute by loops, and numbers to feed them.
#ifndef FACET_TESTS_MODEL_NN_TINY_NETS_H_
#define FACET_TESTS_MODEL_NN_TINY_NETS_H_

#include <ATen/ATen.h>

#include <string>

#include "base/random.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Features of 3 and 2 classes; 2 -> 5 -> 10 pixels.
inline GeneratorShape TinyGenerator() {
  GeneratorShape shape;
  shape.classes = {3, 2};
  shape.feature_widths = {4, 5};
  shape.joint_widths = {6, 7};
  shape.base_size = 2;
  shape.base_channels = 4;
  shape.layers = {{.in_channels = 4, .out_channels = 5, .kernel = 3, .padding = 0, .in_size = 2, .out_size = 5},
                  {.in_channels = 5, .out_channels = 3, .kernel = 4, .padding = 1, .in_size = 5, .out_size = 10}};
  return shape;
}

// 10 pixels -> 5 -> 5 -> 2; heads of 3 and 2 classes.
inline ClassifierShape TinyClassifier() {
  ClassifierShape shape;
  shape.classes = {3, 2};
  shape.image_size = 10;
  shape.blocks = {{.in_channels = 3,
                   .out_channels = 6,
                   .kernel = 4,
                   .stride = 2,
                   .padding = 1,
                   .local_response_norm = true,
                   .out_size = 5},
                  {.in_channels = 6,
                   .out_channels = 7,
                   .kernel = 3,
                   .padding = 1,
                   .pool_kernel = 3,
                   .pool_stride = 2,
                   .out_size = 2}};
  shape.head_widths = {8};
  shape.dropout = 0.5f;
  shape.feature_loss_block = 1;
  return shape;
}

// Numbers in [0, 1), the same on every machine.
inline at::Tensor Uniform(at::IntArrayRef shape, const std::string& purpose, at::ScalarType type = at::kFloat) {
  const at::Tensor tensor = at::empty(shape, at::kDouble);
  CounterRandom random(1, purpose, 0);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.NextDouble();
  return tensor.to(type);
}

// Largest absolute difference; infinite where shapes differ.
inline double Difference(const at::Tensor& a, const at::Tensor& b) {
  if (!a.sizes().equals(b.sizes())) return std::numeric_limits<double>::infinity();
  return (a.detach().to(at::kDouble) - b.detach().to(at::kDouble)).abs().max().item<double>();
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_NN_TINY_NETS_H_
