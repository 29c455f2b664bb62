// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_PIXELS_H_
#define FACET_MODEL_IMAGE_PIXELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace facet::model {

// Size of one image, pixels; channels are red, green, blue.
struct ImageShape {
  int height = 0;
  int width = 0;
  int channels = 3;
  size_t samples() const { return size_t{1} * height * width * channels; }
  bool operator==(const ImageShape&) const = default;
};

enum class PixelType { kUint8, kFloat32 };
enum class PixelLayout { kNhwc, kNchw };

// How finished pixels are laid out in a caller's buffer: little-endian, no
// padding. uint8 is round(255 * clamp(x, 0, 1)), float32 clamp(x, 0, 1).
struct PixelFormat {
  PixelType type = PixelType::kUint8;
  PixelLayout layout = PixelLayout::kNhwc;
  size_t bytes_per_sample() const { return type == PixelType::kUint8 ? 1 : 4; }
  bool operator==(const PixelFormat&) const = default;
};

// Axes of `count` images: {N, H, W, C} or {N, C, H, W}.
inline std::array<int64_t, 4> BatchShape(const ImageShape& shape, PixelLayout layout, int64_t count) {
  if (layout == PixelLayout::kNchw) return {count, shape.channels, shape.height, shape.width};
  return {count, shape.height, shape.width, shape.channels};
}

// One uint8 image, HWC, RGB, rows from the top.
struct Image {
  ImageShape shape;
  std::vector<uint8_t> pixels;  // shape.samples() bytes
};

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_PIXELS_H_
