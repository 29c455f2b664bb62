// SPDX-License-Identifier: Apache-2.0
#include "model/nn/prepared_generator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace facet::model {

PreparedGenerator::PreparedGenerator(Generator generator) : generator_(std::move(generator)) {
  const std::vector<UpconvShape>& layers = generator_.shape().layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    layers_.emplace_back(generator_.up_weight(i), generator_.up_bias(i), layers[i].padding, FasterUpconv(layers[i]));
  }
}

at::Tensor PreparedGenerator::Forward(const at::Tensor& dense) const {
  const at::NoGradGuard no_grad;
  at::Tensor image = generator_.Base(dense);
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (i > 0) at::leaky_relu_(image, generator_.shape().leaky_slope);
    image = layers_[i].Forward(image);
  }
  return image;
}

}  // namespace facet::model
