// SPDX-License-Identifier: Apache-2.0
#include "model/render/generator_weights.h"

#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/half_weights.h"

namespace facet::model {
namespace {

absl::Status BadShape(absl::string_view what) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat("no generator has this shape: ", what)), "BAD_NET_SHAPE");
}

absl::Status BadWeights(absl::string_view name, absl::string_view problem) {
  return WithReason(absl::DataLossError(absl::StrCat("tensor '", name, "' ", problem)), "BAD_WEIGHTS");
}

bool AllPositive(const std::vector<int>& values) {
  for (const int value : values) {
    if (value <= 0) return false;
  }
  return true;
}

bool AllFinite(absl::Span<const float> values) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t bad = 0;
  for (const float& value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    bad |= (bits & kExponent) == kExponent;
  }
  return bad == 0;
}

}  // namespace

absl::Status CheckGeneratorShape(const GeneratorShape& shape) {
  if (shape.classes.empty() || shape.classes.size() != shape.feature_widths.size()) {
    return BadShape("each feature needs classes and a width");
  }
  if (!AllPositive(shape.classes) || !AllPositive(shape.feature_widths) || !AllPositive(shape.joint_widths) ||
      shape.base_size <= 0 || shape.base_channels <= 0) {
    return BadShape("a size is not positive");
  }
  if (shape.layers.empty()) return BadShape("it has no transposed convolution");
  int channels = shape.base_channels;
  int size = shape.base_size;
  for (const UpconvShape& layer : shape.layers) {
    if (layer.kernel < 2 || layer.padding < 0 || layer.out_channels <= 0 || layer.out_size <= 0) {
      return BadShape("a transposed convolution has a kernel below 2, a negative padding or no output");
    }
    if (layer.in_channels != channels || layer.in_size != size ||
        layer.out_size != 2 * (size - 1) + layer.kernel - 2 * layer.padding) {
      return BadShape("transposed convolutions do not fit each other");
    }
    channels = layer.out_channels;
    size = layer.out_size;
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Span<const float>> GeneratorWeights::ReadTensor(const TensorMap& tensors, const std::string& name,
                                                                     const std::vector<int64_t>& shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return BadWeights(name, "is missing");
  const TensorView& view = found->second;
  if (view.type != TensorType::kFloat32 && view.type != TensorType::kFloat16) {
    return BadWeights(name, "is not of type F32 or F16");
  }
  if (view.shape != shape) {
    return BadWeights(name, absl::StrCat("has shape [", absl::StrJoin(view.shape, ", "), "], not [",
                                         absl::StrJoin(shape, ", "), "]"));
  }
  absl::Span<const float> values(reinterpret_cast<const float*>(view.bytes.data()), view.bytes.size() / sizeof(float));
  if (view.type == TensorType::kFloat16) {
    values = copies_.emplace_back(WidenHalves(view.bytes));
  } else if (reinterpret_cast<uintptr_t>(view.bytes.data()) % alignof(float) != 0) {
    std::vector<float>& copy = copies_.emplace_back(values.size());
    std::memcpy(copy.data(), view.bytes.data(), view.bytes.size());
    values = copy;
  }
  if (!AllFinite(values)) {
    return WithReason(absl::DataLossError(absl::StrCat("tensor '", name, "' is not finite")), "WEIGHTS_NOT_FINITE");
  }
  return values;
}

absl::StatusOr<LayerWeights> GeneratorWeights::ReadLayer(const TensorMap& tensors, const std::string& name,
                                                         const std::vector<int64_t>& shape, int64_t out) {
  LayerWeights layer;
  ASSIGN_OR_RETURN(layer.weight, ReadTensor(tensors, absl::StrCat("generator.", name, ".weight"), shape));
  ASSIGN_OR_RETURN(layer.bias, ReadTensor(tensors, absl::StrCat("generator.", name, ".bias"), {out}));
  return layer;
}

absl::StatusOr<GeneratorWeights> GeneratorWeights::Read(const GeneratorShape& shape, absl::string_view file) {
  RETURN_IF_ERROR(CheckGeneratorShape(shape));
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(file));
  GeneratorWeights weights;
  for (size_t i = 0; i < shape.classes.size(); ++i) {
    const int width = shape.feature_widths[i];
    const std::string name = absl::StrCat("feature.", i);
    ASSIGN_OR_RETURN(weights.feature1.emplace_back(),
                     weights.ReadLayer(tensors, name + ".fc1", {width, shape.classes[i]}, width));
    ASSIGN_OR_RETURN(weights.feature2.emplace_back(), weights.ReadLayer(tensors, name + ".fc2", {width, width}, width));
  }
  int64_t in = std::accumulate(shape.feature_widths.begin(), shape.feature_widths.end(), int64_t{0});
  for (size_t j = 0; j < shape.joint_widths.size(); ++j) {
    const int64_t out = shape.joint_widths[j];
    ASSIGN_OR_RETURN(weights.joint.emplace_back(),
                     weights.ReadLayer(tensors, absl::StrCat("joint.", j), {out, in}, out));
    in = out;
  }
  const int64_t base = int64_t{1} * shape.base_channels * shape.base_size * shape.base_size;
  ASSIGN_OR_RETURN(weights.base, weights.ReadLayer(tensors, "base", {base, in}, base));
  for (size_t k = 0; k < shape.layers.size(); ++k) {
    const UpconvShape& layer = shape.layers[k];
    ASSIGN_OR_RETURN(
        weights.up.emplace_back(),
        weights.ReadLayer(tensors, absl::StrCat("up.", k),
                          {layer.in_channels, layer.out_channels, layer.kernel, layer.kernel}, layer.out_channels));
  }
  return weights;
}

}  // namespace facet::model
