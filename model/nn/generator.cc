// SPDX-License-Identifier: Apache-2.0
#include "model/nn/generator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/nn/mixed_precision.h"
#include "model/nn/state.h"
#include "model/nn/upconv.h"

namespace facet::model {
namespace {

// How much the activation shrinks what passes (He et al. 2015, equation 15).
double LeakyGain(double slope) { return std::sqrt(2.0 / (1.0 + slope * slope)); }

double UpconvFanIn(const UpconvShape& layer) { return layer.in_channels * layer.kernel * layer.kernel / 4.0; }

// Gives all four phases the weights of the first: an even input then makes an
// even output, without a pattern of the kernel's.
void MakePhasesAlike(const at::Tensor& weight) {
  const at::NoGradGuard no_grad;
  const at::Tensor first = weight.slice(2, 0, std::nullopt, 2).slice(3, 0, std::nullopt, 2);  // [in, out, k/2, k/2]
  weight.copy_(first.repeat_interleave(2, 2).repeat_interleave(2, 3));
}

}  // namespace

Generator::Generator(GeneratorShape shape, std::optional<uint64_t> seed) : shape_(std::move(shape)) {
  const double gain = LeakyGain(shape_.leaky_slope);
  const auto linear = [&](const std::string& name, int64_t in, int64_t out, double deviation) {
    AddLayer(absl::StrCat("generator.", name), {out, in}, out, deviation, seed, parameters_);
  };
  for (size_t f = 0; f < shape_.classes.size(); ++f) {
    const int width = shape_.feature_widths[f];
    linear(absl::StrCat("feature.", f, ".fc1"), shape_.classes[f], width, 1.0);
    linear(absl::StrCat("feature.", f, ".fc2"), width, width, gain / std::sqrt(width));
  }
  int64_t in = std::accumulate(shape_.feature_widths.begin(), shape_.feature_widths.end(), int64_t{0});
  for (size_t i = 0; i < shape_.joint_widths.size(); ++i) {
    linear(absl::StrCat("joint.", i), in, shape_.joint_widths[i], gain / std::sqrt(in));
    in = shape_.joint_widths[i];
  }
  const int64_t side = shape_.base_size;
  linear("base", in, shape_.base_channels * side * side, gain / std::sqrt(in));
  first_up_ = parameters_.size();
  for (size_t i = 0; i < shape_.layers.size(); ++i) {
    const UpconvShape& layer = shape_.layers[i];
    const double layer_gain = i + 1 == shape_.layers.size() ? 1.0 : gain;
    AddLayer(absl::StrCat("generator.up.", i), {layer.in_channels, layer.out_channels, layer.kernel, layer.kernel},
             layer.out_channels, layer_gain / std::sqrt(UpconvFanIn(layer)), seed, parameters_);
    if (seed && shape_.sub_pixel_start) MakePhasesAlike(up_weight(i));
  }
}

absl::StatusOr<Generator> Generator::Load(GeneratorShape shape, const TensorMap& state) {
  Generator generator(std::move(shape), std::nullopt);
  RETURN_IF_ERROR(LoadState(state, generator.parameters_));
  return generator;
}

at::Tensor Generator::Linear(const at::Tensor& input, size_t index) const {
  return at::leaky_relu(at::linear(input, parameters_[index].tensor, parameters_[index + 1].tensor),
                        shape_.leaky_slope);
}

at::Tensor Generator::Base(const at::Tensor& dense) const {
  std::vector<at::Tensor> features;
  size_t index = 0;
  int64_t offset = 0;
  for (const int classes : shape_.classes) {
    const at::Tensor slice = dense.narrow(1, offset, classes);  // [N, K]
    features.push_back(Linear(Linear(slice, index), index + 2));
    offset += classes;
    index += 4;
  }
  at::Tensor joint = at::cat(features, 1);  // [N, sum of feature widths]
  for (; index < first_up_; index += 2) joint = Linear(joint, index);
  return joint.view({-1, shape_.base_channels, shape_.base_size, shape_.base_size});
}

at::Tensor Generator::Forward(const at::Tensor& dense) const {
  at::Tensor image = Base(dense);
  for (size_t i = 0; i < shape_.layers.size(); ++i) {
    if (i > 0) image = at::leaky_relu(image, shape_.leaky_slope);
    const UpconvShape& layer = shape_.layers[i];
    image = Upconv(image, up_weight(i), up_bias(i), layer.padding, FasterUpconv(layer));
  }
  return ToFloat(image);
}

void Generator::To(c10::Device device, c10::ScalarType type) { MoveParameters(device, type, parameters_); }

}  // namespace facet::model
