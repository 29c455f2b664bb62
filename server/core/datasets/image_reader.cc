// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/image_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/image/codec.h"
#include "server/core/output_format.h"

namespace facet::server {
namespace {

constexpr int kMaxImages = 256;
// A message is 64 MiB by default; nobody's request may fill the memory.
constexpr size_t kMaxBytes = size_t{64} << 20;

absl::Status TooLarge() {
  return WithReason(absl::ResourceExhaustedError(
                        absl::StrCat("the images would take over ", kMaxBytes >> 20, " MiB; ask for fewer at once")),
                    "ANSWER_TOO_LARGE");
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
  return absl::OkStatus();
}

// Bytes of one image in the asked type and layout.
std::string RawBytes(const model::ImageShape& shape, const uint8_t* pixels, const model::PixelFormat& format) {
  const bool planar = format.layout == model::PixelLayout::kNchw;
  const size_t area = size_t{1} * shape.height * shape.width;
  std::string bytes;
  bytes.reserve(shape.samples() * format.bytes_per_sample());
  for (size_t i = 0; i < shape.samples(); ++i) {
    const size_t from = planar ? (i % area) * shape.channels + i / area : i;
    if (format.type == model::PixelType::kFloat32) {
      const float value = static_cast<float>(pixels[from]) / 255.0f;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    } else {
      bytes.push_back(static_cast<char>(pixels[from]));
    }
  }
  return bytes;
}

absl::StatusOr<std::string> Encode(const model::ImageShape& shape, const uint8_t* pixels, const OutputFormat& format) {
  switch (format.encoding) {
    case v1::IMAGE_ENCODING_RAW:
      return RawBytes(shape, pixels, format.pixels);
    case v1::IMAGE_ENCODING_JPEG:
      return model::EncodeJpeg(shape, pixels, format.jpeg_quality);
    default:
      return model::EncodePng(shape, pixels);
  }
}

}  // namespace

absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImagesOf(const model::Dataset& dataset,
                                                           const v1::ReadDatasetImagesRequest& request) {
  RETURN_IF_ERROR(Check(dataset, request));
  const absl::StatusOr<OutputFormat> format = ParseOutputFormat(request.format());
  RETURN_IF_ERROR(PrefixField(format.status(), "format"));
  const model::ImageShape& shape = dataset.info().shape;
  v1::ReadDatasetImagesResponse response;
  size_t bytes = 0;
  for (const int64_t index : request.indices()) {
    v1::DatasetImage& image = *response.add_images();
    image.set_index(index);
    *image.mutable_image() = DescribeImages(*format, shape, 1);
    ASSIGN_OR_RETURN(*image.mutable_image()->mutable_data(), Encode(shape, dataset.pixels(index), *format));
    bytes += image.image().data().size();
    if (bytes > kMaxBytes) return TooLarge();
    const auto& features = dataset.info().schema.features();
    const auto labels = dataset.labels(index);
    for (size_t f = 0; f < features.size(); ++f) image.add_classes(features[f].classes[labels[f]]);
  }
  return response;
}

}  // namespace facet::server
