// SPDX-License-Identifier: Apache-2.0
#include "model/nn/classifier.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/nn/mixed_precision.h"
#include "model/nn/state.h"

namespace facet::model {
namespace {

// Of local response normalisation, as AlexNet has them.
constexpr int64_t kNormSize = 5;
constexpr double kNormAlpha = 1e-4;
constexpr double kNormBeta = 0.75;

// x / (1 + alpha / size * sum of squares over `size` neighbouring channels)^beta.
at::Tensor LocalResponseNorm(const at::Tensor& activations) {
  const at::Tensor x = ToFloat(activations);
  const at::Tensor squares = (x * x).unsqueeze(1);  // [N, 1, C, H, W]
  const at::Tensor padded = at::constant_pad_nd(squares, {0, 0, 0, 0, kNormSize / 2, kNormSize / 2});
  const at::Tensor mean = at::avg_pool3d(padded, {kNormSize, 1, 1}, 1).squeeze(1);  // [N, C, H, W]
  return x * (mean * kNormAlpha + 1.0).pow(-kNormBeta);
}

at::Tensor Pool(const at::Tensor& x, const ConvBlockShape& block) {
  const at::Tensor pooled = block.pool_kernel > 0 ? at::max_pool2d(x, block.pool_kernel, block.pool_stride) : x;
  return block.local_response_norm ? LocalResponseNorm(pooled) : pooled;
}

}  // namespace

Classifier::Classifier(ClassifierShape shape, std::optional<uint64_t> seed) : shape_(std::move(shape)) {
  const double gain = std::sqrt(2.0 / (1.0 + shape_.leaky_slope * shape_.leaky_slope));
  int64_t flat = int64_t{3} * shape_.image_size * shape_.image_size;
  for (size_t i = 0; i < shape_.blocks.size(); ++i) {
    const ConvBlockShape& block = shape_.blocks[i];
    const int64_t fan_in = int64_t{1} * block.in_channels * block.kernel * block.kernel;
    AddLayer(absl::StrCat("classifier.block.", i), {block.out_channels, block.in_channels, block.kernel, block.kernel},
             block.out_channels, gain / std::sqrt(fan_in), seed, parameters_);
    flat = int64_t{1} * block.out_channels * block.out_size * block.out_size;
  }
  for (size_t f = 0; f < shape_.classes.size(); ++f) {
    head_starts_.push_back(parameters_.size());
    if (!shape_.has_head(static_cast<int>(f))) continue;
    std::vector<int> widths = shape_.head_widths;
    widths.push_back(shape_.classes[f]);
    int64_t in = flat;
    for (size_t i = 0; i < widths.size(); ++i) {
      const double layer_gain = i + 1 == widths.size() ? 1.0 : gain;
      AddLayer(absl::StrCat("classifier.head.", f, ".", i), {widths[i], in}, widths[i], layer_gain / std::sqrt(in),
               seed, parameters_);
      in = widths[i];
    }
  }
}

absl::StatusOr<Classifier> Classifier::Load(ClassifierShape shape, const TensorMap& state) {
  Classifier classifier(std::move(shape), std::nullopt);
  RETURN_IF_ERROR(LoadState(state, classifier.parameters_));
  return classifier;
}

at::Tensor Classifier::Convolve(const at::Tensor& input, size_t block) const {
  const ConvBlockShape& shape = shape_.blocks[block];
  return at::leaky_relu(
      at::conv2d(input, parameters_[2 * block].tensor, parameters_[2 * block + 1].tensor, shape.stride, shape.padding),
      shape_.leaky_slope);
}

at::Tensor Classifier::Hidden(at::Tensor activations, size_t feature, const std::optional<DropoutKey>& dropout) const {
  size_t index = head_starts_[feature];
  for (size_t i = 0; i < shape_.head_widths.size(); ++i, index += 2) {
    activations = at::linear(activations, parameters_[index].tensor, parameters_[index + 1].tensor);
    activations = at::leaky_relu(activations, shape_.leaky_slope);
    if (dropout) {
      activations = Dropout(activations, shape_.dropout, *dropout, absl::StrCat(feature, ".", i));
    }
  }
  return activations;
}

at::Tensor Classifier::Head(const at::Tensor& activations, size_t feature,
                            const std::optional<DropoutKey>& dropout) const {
  const size_t last = head_starts_[feature] + 2 * shape_.head_widths.size();
  return at::linear(Hidden(activations, feature, dropout), parameters_[last].tensor, parameters_[last + 1].tensor);
}

at::Tensor Classifier::Flat(const at::Tensor& images, at::Tensor* features) const {
  at::Tensor x = images.contiguous(at::MemoryFormat::ChannelsLast);
  for (size_t i = 0; i < shape_.blocks.size(); ++i) {
    const at::Tensor convolved = Convolve(x, i);
    if (features != nullptr && static_cast<int>(i) == shape_.feature_loss_block) *features = convolved;
    x = Pool(convolved, shape_.blocks[i]);
  }
  return x.flatten(1);
}

ClassifierOutput Classifier::Forward(const at::Tensor& images, const std::optional<DropoutKey>& dropout) const {
  ClassifierOutput output;
  const at::Tensor flat = Flat(images, &output.features);
  for (size_t f = 0; f < shape_.classes.size(); ++f) {
    const bool has_head = shape_.has_head(static_cast<int>(f));
    output.logits.push_back(has_head ? Head(flat, f, dropout) : at::Tensor());
  }
  return output;
}

std::vector<at::Tensor> Classifier::Embed(const at::Tensor& images) const {
  const at::Tensor flat = Flat(images, nullptr);
  std::vector<at::Tensor> embeddings;
  for (size_t f = 0; f < shape_.classes.size(); ++f) {
    const bool has_head = shape_.has_head(static_cast<int>(f));
    embeddings.push_back(has_head ? Hidden(flat, f, std::nullopt) : at::Tensor());
  }
  return embeddings;
}

int Classifier::embedding_size() const {
  if (!shape_.head_widths.empty()) return shape_.head_widths.back();
  const ConvBlockShape& last = shape_.blocks.back();
  return last.out_channels * last.out_size * last.out_size;
}

at::Tensor Classifier::Features(const at::Tensor& images) const {
  at::Tensor x = images.contiguous(at::MemoryFormat::ChannelsLast);
  for (int i = 0; i < shape_.feature_loss_block; ++i) x = Pool(Convolve(x, i), shape_.blocks[i]);
  return Convolve(x, shape_.feature_loss_block);
}

void Classifier::To(c10::Device device, c10::ScalarType type) { MoveParameters(device, type, parameters_); }

}  // namespace facet::model
