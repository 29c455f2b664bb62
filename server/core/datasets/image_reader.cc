// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/image_reader.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/image/codec.h"

namespace facet::server {
namespace {

constexpr int kMaxImages = 256;
constexpr int kDefaultQuality = 95;
// A message is 64 MiB by default; nobody's request may fill the memory.
constexpr size_t kMaxBytes = size_t{64} << 20;

absl::Status TooLarge() {
  return WithReason(absl::ResourceExhaustedError(
                        absl::StrCat("the images would take over ", kMaxBytes >> 20, " MiB; ask for fewer at once")),
                    "ANSWER_TOO_LARGE");
}

absl::Status CheckFormat(const v1::ImageFormat& format) {
  if (!v1::ImageEncoding_IsValid(format.encoding())) {
    return InvalidField("encoding", "BAD_FORMAT", absl::StrCat("there is no encoding number ", format.encoding()));
  }
  const v1::PixelType type = format.pixel_type();
  if (type != v1::PIXEL_TYPE_UNSPECIFIED && type != v1::PIXEL_TYPE_UINT8 && type != v1::PIXEL_TYPE_FLOAT32) {
    return InvalidField("pixel_type", "BAD_FORMAT", "images of data sets come as UINT8 or FLOAT32");
  }
  if (!v1::PixelLayout_IsValid(format.layout())) {
    return InvalidField("layout", "BAD_FORMAT", absl::StrCat("there is no layout number ", format.layout()));
  }
  if (format.jpeg_quality() < 0 || format.jpeg_quality() > 100) {
    return InvalidField("jpeg_quality", "BAD_FORMAT", "jpeg_quality must lie in [1, 100], or be 0 for 95");
  }
  return absl::OkStatus();
}

absl::Status Check(const model::Dataset& dataset, const v1::ReadDatasetImagesRequest& request) {
  if (request.indices_size() == 0 || request.indices_size() > kMaxImages) {
    return InvalidField("indices", "OUT_OF_RANGE",
                        absl::StrCat("give 1 to ", kMaxImages, " indices, not ", request.indices_size()));
  }
  for (int i = 0; i < request.indices_size(); ++i) {
    if (request.indices(i) >= 0 && request.indices(i) < dataset.size()) continue;
    return InvalidField(absl::StrCat("indices[", i, "]"), "OUT_OF_RANGE",
                        absl::StrCat(request.indices(i), " must lie in [0, ", dataset.size(), ")"));
  }
  return PrefixField(CheckFormat(request.format()), "format");
}

// Bytes of one image in the asked type and layout.
std::string RawBytes(const model::ImageShape& shape, const uint8_t* pixels, const v1::ImageFormat& format) {
  const bool planar = format.layout() == v1::PIXEL_LAYOUT_NCHW;
  const bool floats = format.pixel_type() == v1::PIXEL_TYPE_FLOAT32;
  const size_t area = size_t{1} * shape.height * shape.width;
  std::string bytes;
  bytes.reserve(shape.samples() * (floats ? sizeof(float) : 1));
  for (size_t i = 0; i < shape.samples(); ++i) {
    const size_t from = planar ? (i % area) * shape.channels + i / area : i;
    if (floats) {
      const float value = static_cast<float>(pixels[from]) / 255.0f;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    } else {
      bytes.push_back(static_cast<char>(pixels[from]));
    }
  }
  return bytes;
}

void DescribeRaw(const model::ImageShape& shape, const v1::ImageFormat& format, v1::ImageData& image) {
  const bool planar = format.layout() == v1::PIXEL_LAYOUT_NCHW;
  image.set_encoding(v1::IMAGE_ENCODING_RAW);
  image.set_pixel_type(format.pixel_type() == v1::PIXEL_TYPE_FLOAT32 ? v1::PIXEL_TYPE_FLOAT32 : v1::PIXEL_TYPE_UINT8);
  image.set_layout(planar ? v1::PIXEL_LAYOUT_NCHW : v1::PIXEL_LAYOUT_NHWC);
  const model::PixelLayout layout = planar ? model::PixelLayout::kNchw : model::PixelLayout::kNhwc;
  for (const int64_t axis : model::BatchShape(shape, layout, 1)) image.add_shape(axis);
}

absl::Status Encode(const model::ImageShape& shape, const uint8_t* pixels, const v1::ImageFormat& format,
                    v1::ImageData& image) {
  if (format.encoding() == v1::IMAGE_ENCODING_RAW) {
    DescribeRaw(shape, format, image);
    image.set_data(RawBytes(shape, pixels, format));
    return absl::OkStatus();
  }
  const bool jpeg = format.encoding() == v1::IMAGE_ENCODING_JPEG;
  const int quality = format.jpeg_quality() == 0 ? kDefaultQuality : format.jpeg_quality();
  auto bytes = jpeg ? model::EncodeJpeg(shape, pixels, quality) : model::EncodePng(shape, pixels);
  RETURN_IF_ERROR(bytes.status());
  DescribeRaw(shape, v1::ImageFormat(), image);
  image.set_encoding(jpeg ? v1::IMAGE_ENCODING_JPEG : v1::IMAGE_ENCODING_PNG);
  image.set_data(*std::move(bytes));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImagesOf(const model::Dataset& dataset,
                                                           const v1::ReadDatasetImagesRequest& request) {
  RETURN_IF_ERROR(Check(dataset, request));
  v1::ReadDatasetImagesResponse response;
  size_t bytes = 0;
  for (const int64_t index : request.indices()) {
    v1::DatasetImage& image = *response.add_images();
    image.set_index(index);
    RETURN_IF_ERROR(Encode(dataset.info().shape, dataset.pixels(index), request.format(), *image.mutable_image()));
    bytes += image.image().data().size();
    if (bytes > kMaxBytes) return TooLarge();
    const auto& features = dataset.info().schema.features();
    const auto labels = dataset.labels(index);
    for (size_t f = 0; f < features.size(); ++f) image.add_classes(features[f].classes[labels[f]]);
  }
  return response;
}

}  // namespace facet::server
