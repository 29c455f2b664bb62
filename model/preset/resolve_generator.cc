// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/preset/field_check.h"
#include "model/preset/resolve.h"
#include "model/preset/size_solver.h"

namespace facet::model {
namespace {

constexpr int kMaxWidth = 65536;
constexpr int kMaxChannels = 8192;
constexpr int kMaxLayers = 8;

absl::StatusOr<std::vector<int>> FeatureWidths(const v1::GeneratorSpec& spec, const FeatureSchema& schema) {
  RETURN_IF_ERROR(CheckInteger("feature_width", spec.feature_width(), 1, kMaxWidth));
  std::vector<int> widths(schema.size(), spec.feature_width());
  std::set<int> seen;
  for (int i = 0; i < spec.feature_widths_size(); ++i) {
    const std::string field = absl::StrCat("feature_widths[", i, "]");
    const std::string& name = spec.feature_widths(i).feature();
    ASSIGN_OR_RETURN(const int feature, FeatureNamed(absl::StrCat(field, ".feature"), name, schema));
    if (!seen.insert(feature).second) return BadPreset(absl::StrCat(field, ".feature"), "is named twice");
    const int width = spec.feature_widths(i).width();
    RETURN_IF_ERROR(CheckInteger(absl::StrCat(field, ".width"), width, 1, kMaxWidth));
    widths[feature] = width;
  }
  return widths;
}

absl::Status CheckScalars(const v1::GeneratorSpec& spec) {
  RETURN_IF_ERROR(CheckCount("joint_widths", spec.joint_widths_size(), kMaxLayers));
  for (int i = 0; i < spec.joint_widths_size(); ++i) {
    RETURN_IF_ERROR(CheckInteger(absl::StrCat("joint_widths[", i, "]"), spec.joint_widths(i), 1, kMaxWidth));
  }
  RETURN_IF_ERROR(CheckInteger("base_size", spec.base_size(), 1, 64));
  RETURN_IF_ERROR(CheckInteger("base_channels", spec.base_channels(), 1, kMaxChannels));
  return CheckBelowOne("leaky_slope", spec.leaky_slope());
}

absl::Status CheckLayers(const v1::GeneratorSpec& spec) {
  RETURN_IF_ERROR(CheckCount("layers", spec.layers_size(), kMaxLayers));
  for (int i = 0; i < spec.layers_size(); ++i) {
    const v1::TransposedConvolution& layer = spec.layers(i);
    const std::string field = absl::StrCat("layers[", i, "]");
    RETURN_IF_ERROR(CheckInteger(absl::StrCat(field, ".out_channels"), layer.out_channels(), 1, kMaxChannels));
    RETURN_IF_ERROR(CheckInteger(absl::StrCat(field, ".kernel"), layer.kernel(), kMinUpconvKernel, kMaxUpconvKernel));
    RETURN_IF_ERROR(CheckInteger(absl::StrCat(field, ".padding"), layer.padding(), 0, layer.kernel() - 1));
  }
  const int last = spec.layers_size() - 1;
  if (spec.layers(last).out_channels() == 3) return absl::OkStatus();
  return BadPreset(
      absl::StrCat("layers[", last, "].out_channels"),
      absl::StrCat("is ", spec.layers(last).out_channels(), "; the last layer must have 3: red, green and blue"));
}

absl::Status CheckImageSize(int size) { return CheckInteger("image_size", size, 4, 1024); }

absl::StatusOr<std::vector<UpconvShape>> Layers(const v1::GeneratorSpec& spec, int image_size) {
  RETURN_IF_ERROR(CheckImageSize(image_size));
  std::vector<KernelPadding> wanted;
  for (const v1::TransposedConvolution& layer : spec.layers()) {
    wanted.push_back({layer.kernel(), layer.padding()});
  }
  auto solved = SolveUpconvs(spec.base_size(), wanted, image_size);
  if (!solved.ok()) return PrefixField(solved.status(), "image_size");
  std::vector<UpconvShape> layers;
  int channels = spec.base_channels();
  int size = spec.base_size();
  for (int i = 0; i < spec.layers_size(); ++i) {
    const KernelPadding layer = (*solved)[i];
    const int out_channels = spec.layers(i).out_channels();
    layers.push_back({channels, out_channels, layer.kernel, layer.padding, size, UpconvSize(size, layer)});
    channels = out_channels;
    size = layers.back().out_size;
  }
  return layers;
}

absl::Status CheckEvenKernels(const std::vector<UpconvShape>& layers) {
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].kernel % 2 == 0) continue;
    return BadPreset("sub_pixel_start",
                     absl::StrCat("needs even kernels, and that of layers[", i, "] is ", layers[i].kernel));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GeneratorShape> ResolveGenerator(const v1::GeneratorSpec& spec, const FeatureSchema& schema,
                                                int image_size) {
  GeneratorShape shape;
  for (const Feature& feature : schema.features()) {
    shape.classes.push_back(static_cast<int>(feature.classes.size()));
  }
  ASSIGN_OR_RETURN(shape.feature_widths, FeatureWidths(spec, schema));
  RETURN_IF_ERROR(CheckScalars(spec));
  RETURN_IF_ERROR(CheckLayers(spec));
  // Also where another size is asked for; 0 is then one that was left out.
  if (spec.image_size() != 0) RETURN_IF_ERROR(CheckImageSize(spec.image_size()));
  shape.joint_widths.assign(spec.joint_widths().begin(), spec.joint_widths().end());
  shape.base_size = spec.base_size();
  shape.base_channels = spec.base_channels();
  shape.leaky_slope = spec.leaky_slope();
  ASSIGN_OR_RETURN(shape.layers, Layers(spec, image_size == 0 ? spec.image_size() : image_size));
  shape.sub_pixel_start = spec.sub_pixel_start();
  if (shape.sub_pixel_start) RETURN_IF_ERROR(CheckEvenKernels(shape.layers));
  return shape;
}

}  // namespace facet::model
