// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_CODEC_H_
#define FACET_MODEL_IMAGE_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/image/pixels.h"

namespace facet::model {

// The largest image that is decoded.
inline constexpr uint64_t kMaxImagePixels = 64'000'000;

// The libraries behind this folder, their versions and what they use of the
// processor, as text: where it is the same, the same bytes give the same pixels.
std::string ImageLibraries();

// Decodes PNG, JPEG, BMP, WebP, TIFF and PNM of any depth into uint8 RGB, EXIF
// orientation applied, transparency ignored. Any bytes may come; size and scans
// are checked before memory and time are spent.
// INVALID_ARGUMENT (reason BAD_IMAGE): not an image, damaged, without pixels,
// over 64 megapixels, or a JPEG of over 100 scans.
absl::StatusOr<Image> DecodeImage(absl::string_view bytes);

// `rgb` is HWC uint8 with shape.samples() bytes, 3 channels. Compression level
// 3: a third of the time of the default for a few per cent of size.
absl::StatusOr<std::string> EncodePng(const ImageShape& shape, const uint8_t* rgb);
// Likewise; `quality` in [1, 100].
absl::StatusOr<std::string> EncodeJpeg(const ImageShape& shape, const uint8_t* rgb, int quality);

// Centre-crops to a square and resizes to `side` x `side` (area filter when
// shrinking, cubic when growing). `image` has 3 channels and is not empty;
// `side` is at least 1.
Image ResizeToSquare(const Image& image, int side);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_CODEC_H_
