// SPDX-License-Identifier: Apache-2.0
#include "server/core/output_format.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

absl::Status BadFormat(absl::string_view field, absl::string_view message) {
  return InvalidField(field, "BAD_FORMAT", message);
}

absl::Status ParsePixels(const v1::ImageFormat& format, model::PixelFormat& pixels) {
  if (!v1::PixelType_IsValid(format.pixel_type())) {
    return BadFormat("pixel_type", absl::StrCat("there is no pixel type number ", format.pixel_type()));
  }
  if (!v1::PixelLayout_IsValid(format.layout())) {
    return BadFormat("layout", absl::StrCat("there is no layout number ", format.layout()));
  }
  if (format.pixel_type() == v1::PIXEL_TYPE_FLOAT16 || format.pixel_type() == v1::PIXEL_TYPE_BFLOAT16) {
    return BadFormat("pixel_type", "16-bit floats come in streams of batches only; ask for UINT8 or FLOAT32");
  }
  if (format.pixel_type() == v1::PIXEL_TYPE_FLOAT32) pixels.type = model::PixelType::kFloat32;
  if (format.layout() == v1::PIXEL_LAYOUT_NCHW) pixels.layout = model::PixelLayout::kNchw;
  return absl::OkStatus();
}

absl::Status CheckCompressible(const model::PixelFormat& pixels) {
  if (pixels.type != model::PixelType::kUint8) {
    return BadFormat("pixel_type", "PNG and JPEG have 8-bit pixels; ask for RAW to get float32");
  }
  if (pixels.layout != model::PixelLayout::kNhwc) {
    return BadFormat("layout", "PNG and JPEG have no layout; ask for RAW to get NCHW");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OutputFormat> ParseOutputFormat(const v1::ImageFormat& format) {
  OutputFormat output;
  if (!v1::ImageEncoding_IsValid(format.encoding())) {
    return BadFormat("encoding", absl::StrCat("there is no encoding number ", format.encoding()));
  }
  if (format.encoding() != v1::IMAGE_ENCODING_UNSPECIFIED) output.encoding = format.encoding();
  RETURN_IF_ERROR(ParsePixels(format, output.pixels));
  if (!output.is_raw()) RETURN_IF_ERROR(CheckCompressible(output.pixels));
  if (format.jpeg_quality() < 0 || format.jpeg_quality() > 100) {
    return BadFormat("jpeg_quality",
                     absl::StrCat("the quality is ", format.jpeg_quality(), "; it must be from 1 to 100"));
  }
  if (format.jpeg_quality() != 0 && output.encoding != v1::IMAGE_ENCODING_JPEG) {
    return BadFormat("jpeg_quality", "jpeg_quality goes with IMAGE_ENCODING_JPEG only");
  }
  if (format.jpeg_quality() != 0) output.jpeg_quality = format.jpeg_quality();
  return output;
}

v1::ImageData DescribeImages(const OutputFormat& format, const model::ImageShape& shape, int count) {
  v1::ImageData data;
  data.set_encoding(format.encoding);
  data.set_pixel_type(format.pixels.type == model::PixelType::kUint8 ? v1::PIXEL_TYPE_UINT8 : v1::PIXEL_TYPE_FLOAT32);
  const bool nchw = format.pixels.layout == model::PixelLayout::kNchw;
  data.set_layout(nchw ? v1::PIXEL_LAYOUT_NCHW : v1::PIXEL_LAYOUT_NHWC);
  for (const int64_t axis : model::BatchShape(shape, format.pixels.layout, count)) data.add_shape(axis);
  return data;
}

}  // namespace facet::server
