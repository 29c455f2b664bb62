// SPDX-License-Identifier: Apache-2.0
#include "model/data/decode_room.h"

#include <algorithm>

#include "model/image/codec.h"
#include "model/image/image_header.h"

namespace facet::model {
namespace {

constexpr int64_t kDecodedBytes = int64_t{1} << 30;
// Decoded, turned upright, and in the decoder.
constexpr int64_t kBytesPerPixel = 9;

ByteBudget& DecodedImages() {
  static ByteBudget& budget = *new ByteBudget(kDecodedBytes);
  return budget;
}

}  // namespace

ByteBudget::Share TakeRoomToDecode(absl::string_view file) {
  const ImageSize size = ReadImageSize(file).value_or(ImageSize());
  const uint64_t pixels = std::min(uint64_t{size.width} * size.height, kMaxImagePixels);
  return DecodedImages().Take(kBytesPerPixel * static_cast<int64_t>(pixels));
}

}  // namespace facet::model
