// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/net_operations.h"

#include <vector>

namespace facet::server {

using model::ClassifierShape;
using model::GeneratorShape;

int64_t Multiplications(const GeneratorShape& shape) {
  int64_t count = 0;
  int64_t width = 0;
  for (size_t i = 0; i < shape.classes.size(); ++i) {
    const int64_t feature_width = shape.feature_widths[i];
    count += shape.classes[i] * feature_width + feature_width * feature_width;
    width += feature_width;
  }
  std::vector<int> widths = shape.joint_widths;
  widths.push_back(shape.base_channels * shape.base_size * shape.base_size);
  for (const int next : widths) {
    count += width * next;
    width = next;
  }
  for (const auto& layer : shape.layers) {
    count += int64_t{1} * layer.in_channels * layer.out_channels * layer.kernel * layer.kernel * layer.in_size *
             layer.in_size;
  }
  return count;
}

int64_t Multiplications(const ClassifierShape& shape) {
  int64_t count = 0;
  int size = shape.image_size;
  int64_t flat = 0;
  for (const auto& block : shape.blocks) {
    const int64_t side = block.conv_size(size);
    count += side * side * block.in_channels * block.out_channels * block.kernel * block.kernel;
    size = block.out_size;
    flat = int64_t{1} * size * size * block.out_channels;
  }
  for (size_t feature = 0; feature < shape.classes.size(); ++feature) {
    if (!shape.has_head(static_cast<int>(feature))) continue;
    int64_t width = flat;
    for (const int next : shape.head_widths) {
      count += width * next;
      width = next;
    }
    count += width * shape.classes[feature];
  }
  return count;
}

}  // namespace facet::server
