// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_OUTPUT_FORMAT_H_
#define FACET_SERVER_CORE_OUTPUT_FORMAT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "facet/v1/image.pb.h"
#include "model/image/pixels.h"

namespace facet::server {

// A v1.ImageFormat with its defaults written out.
struct OutputFormat {
  v1::ImageEncoding encoding = v1::IMAGE_ENCODING_PNG;
  // Of RAW; PNG and JPEG are made from uint8 NHWC, which it is then.
  model::PixelFormat pixels;
  int jpeg_quality = 95;

  bool is_raw() const { return encoding == v1::IMAGE_ENCODING_RAW; }
  // Bytes of one image before compression.
  uint64_t bytes_per_image(const model::ImageShape& shape) const { return shape.samples() * pixels.bytes_per_sample(); }
};

// INVALID_ARGUMENT with the path below the format ("encoding", reason
// BAD_FORMAT): an unknown value, a quality out of range or of what is no JPEG, or
// a pixel type or layout that PNG and JPEG cannot have.
absl::StatusOr<OutputFormat> ParseOutputFormat(const v1::ImageFormat& format);

// Everything of an ImageData but its bytes, for `count` images.
v1::ImageData DescribeImages(const OutputFormat& format, const model::ImageShape& shape, int count);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_OUTPUT_FORMAT_H_
