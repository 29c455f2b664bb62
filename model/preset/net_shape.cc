// SPDX-License-Identifier: Apache-2.0
#include "model/preset/net_shape.h"

#include <algorithm>

namespace facet::model {
namespace {

// Weights and biases of a fully connected layer or convolution.
int64_t Affine(int64_t in, int64_t out, int64_t kernel = 1) { return in * out * kernel * kernel + out; }

}  // namespace

bool ClassifierShape::has_head(int feature) const {
  return std::find(headless.begin(), headless.end(), feature) == headless.end();
}

int64_t ParameterCount(const GeneratorShape& shape) {
  int64_t count = 0;
  int64_t width = 0;  // of the layer before
  for (size_t i = 0; i < shape.classes.size(); ++i) {
    const int64_t feature_width = shape.feature_widths[i];
    count += Affine(shape.classes[i], feature_width) + Affine(feature_width, feature_width);
    width += feature_width;
  }
  for (const int joint_width : shape.joint_widths) {
    count += Affine(width, joint_width);
    width = joint_width;
  }
  count += Affine(width, int64_t{1} * shape.base_channels * shape.base_size * shape.base_size);
  for (const UpconvShape& layer : shape.layers) {
    count += Affine(layer.in_channels, layer.out_channels, layer.kernel);
  }
  return count;
}

int64_t ParameterCount(const ClassifierShape& shape) {
  int64_t count = 0;
  int64_t flat = int64_t{3} * shape.image_size * shape.image_size;
  for (const ConvBlockShape& block : shape.blocks) {
    count += Affine(block.in_channels, block.out_channels, block.kernel);
    flat = int64_t{1} * block.out_channels * block.out_size * block.out_size;
  }
  for (size_t i = 0; i < shape.classes.size(); ++i) {
    if (!shape.has_head(static_cast<int>(i))) continue;
    int64_t width = flat;
    for (const int head_width : shape.head_widths) {
      count += Affine(width, head_width);
      width = head_width;
    }
    count += Affine(width, shape.classes[i]);
  }
  return count;
}

}  // namespace facet::model
