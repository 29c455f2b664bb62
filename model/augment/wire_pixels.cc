// SPDX-License-Identifier: Apache-2.0
#include "model/augment/wire_pixels.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/float16.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

absl::Status CheckValues(const google::protobuf::RepeatedField<float>& values, int channels, bool positive,
                         absl::string_view field) {
  if (values.size() != 1 && values.size() != channels) {
    return InvalidField(field, "BAD_NORMALIZATION",
                        absl::StrCat("there must be 1 value, or ", channels, " for the channels, not ", values.size()));
  }
  Mistakes mistakes;
  for (int i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && (!positive || values[i] > 0)) continue;
    mistakes.Add(InvalidField(absl::StrCat(field, "[", i, "]"), "BAD_NORMALIZATION",
                              absl::StrCat(values[i], " must be finite", positive ? " and above 0" : "")));
  }
  return mistakes.ToStatus();
}

// `image` HWC, through `convert(sample, channel)`, to `target` in `layout`.
template <typename Sample, typename Convert>
void WriteAs(const ImageShape& shape, PixelLayout layout, absl::Span<const float> image, Sample* target,
             const Convert& convert) {
  const size_t area = size_t{1} * shape.height * shape.width;
  const bool nhwc = layout == PixelLayout::kNhwc;
  for (int c = 0; c < shape.channels; ++c) {
    Sample* to = nhwc ? target + c : target + c * area;
    const size_t step = nhwc ? shape.channels : 1;
    for (size_t i = 0; i < area; ++i) to[i * step] = convert(image[i * shape.channels + c], c);
  }
}

}  // namespace

absl::StatusOr<WirePixels> WirePixels::Create(const v1::StreamSpec& spec, int channels) {
  Mistakes mistakes;
  if (!v1::PixelType_IsValid(spec.pixel_type())) {
    mistakes.Add(InvalidField("pixel_type", "UNKNOWN_VALUE", absl::StrCat(spec.pixel_type(), " is no PixelType")));
  }
  if (!v1::PixelLayout_IsValid(spec.layout())) {
    mistakes.Add(InvalidField("layout", "UNKNOWN_VALUE", absl::StrCat(spec.layout(), " is no PixelLayout")));
  }
  WirePixels wire;
  if (spec.pixel_type() != v1::PIXEL_TYPE_UNSPECIFIED) wire.type_ = spec.pixel_type();
  if (spec.layout() == v1::PIXEL_LAYOUT_NCHW) wire.layout_ = PixelLayout::kNchw;
  wire.rendered_ = wire.bytes_per_sample() != 2;
  if (spec.has_normalization()) {
    mistakes.Add(wire.ReadNormalization(spec.normalization(), channels), "normalization");
    wire.rendered_ = false;
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
  return wire;
}

absl::Status WirePixels::ReadNormalization(const v1::Normalization& normalization, int channels) {
  if (type_ == v1::PIXEL_TYPE_UINT8) {
    return InvalidField("", "BAD_NORMALIZATION", "uint8 pixels cannot be normalized; ask for a float type");
  }
  Mistakes mistakes;
  mistakes.Add(CheckValues(normalization.mean(), channels, false, "mean"));
  mistakes.Add(CheckValues(normalization.std(), channels, true, "std"));
  RETURN_IF_ERROR(mistakes.ToStatus());
  for (int c = 0; c < channels; ++c) {
    mean_[c] = normalization.mean(normalization.mean_size() == 1 ? 0 : c);
    scale_[c] = 1 / normalization.std(normalization.std_size() == 1 ? 0 : c);
  }
  return absl::OkStatus();
}

size_t WirePixels::bytes_per_sample() const {
  switch (type_) {
    case v1::PIXEL_TYPE_FLOAT32:
      return 4;
    case v1::PIXEL_TYPE_FLOAT16:
    case v1::PIXEL_TYPE_BFLOAT16:
      return 2;
    default:
      return 1;
  }
}

PixelFormat WirePixels::render_format() const {
  return {type_ == v1::PIXEL_TYPE_UINT8 ? PixelType::kUint8 : PixelType::kFloat32, layout_};
}

void WirePixels::Write(const ImageShape& shape, absl::Span<const float> image, void* target) const {
  const auto normal = [this](float x, int c) { return (x - mean_[c]) * scale_[c]; };
  switch (type_) {
    case v1::PIXEL_TYPE_FLOAT32:
      return WriteAs(shape, layout_, image, static_cast<float*>(target), normal);
    case v1::PIXEL_TYPE_FLOAT16:
      return WriteAs(shape, layout_, image, static_cast<uint16_t*>(target),
                     [&](float x, int c) { return ToFloat16(normal(x, c)); });
    case v1::PIXEL_TYPE_BFLOAT16:
      return WriteAs(shape, layout_, image, static_cast<uint16_t*>(target),
                     [&](float x, int c) { return ToBfloat16(normal(x, c)); });
    default:
      return WriteAs(shape, layout_, image, static_cast<uint8_t*>(target),
                     [](float x, int) { return static_cast<uint8_t>(std::nearbyint(255 * x)); });
  }
}

}  // namespace facet::model
