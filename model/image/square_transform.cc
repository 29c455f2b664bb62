// SPDX-License-Identifier: Apache-2.0
#include "model/image/square_transform.h"

#include <algorithm>
#include <cstddef>

namespace facet::model {
namespace {

// Where the pixel for row y and column x comes from: pixel
// origin + y * down + x * right of the source, counted row by row.
struct Walk {
  ptrdiff_t origin = 0;
  ptrdiff_t down = 0;
  ptrdiff_t right = 0;
};

Walk WalkOf(SquareTransform transform, ptrdiff_t side) {
  const ptrdiff_t last = side - 1;
  // The quarter turns as walks through the mirrored image.
  Walk walk;
  switch (transform.quarter_turns & 3) {
    case 0:
      walk = {0, side, 1};
      break;
    case 1:  // the right column becomes the top row
      walk = {last, -1, side};
      break;
    case 2:
      walk = {last * side + last, -side, -1};
      break;
    default:
      walk = {last * side, 1, -side};
      break;
  }
  if (!transform.mirror) return walk;
  // Mirroring keeps the row of a pixel and turns its column around.
  const auto mirrored_step = [](ptrdiff_t step) { return step == 1 || step == -1 ? -step : step; };
  const ptrdiff_t row = walk.origin / side;
  const ptrdiff_t column = walk.origin % side;
  return {row * side + (last - column), mirrored_step(walk.down), mirrored_step(walk.right)};
}

// Moves a plane of side x side pixels of `channels` samples each.
template <typename Sample>
void MovePixels(const Walk& walk, int side, int channels, const Sample* source, Sample* target) {
  for (int y = 0; y < side; ++y) {
    ptrdiff_t from = walk.origin + y * walk.down;
    for (int x = 0; x < side; ++x, from += walk.right) {
      for (int c = 0; c < channels; ++c) *target++ = source[from * channels + c];
    }
  }
}

template <typename Sample>
void MoveImage(const Walk& walk, const ImageShape& shape, PixelLayout layout, const Sample* source, Sample* target) {
  if (layout == PixelLayout::kNhwc) return MovePixels(walk, shape.width, shape.channels, source, target);
  const size_t plane = size_t{1} * shape.width * shape.width;
  for (int c = 0; c < shape.channels; ++c) {
    MovePixels(walk, shape.width, 1, source + c * plane, target + c * plane);
  }
}

}  // namespace

SquareTransform Compose(SquareTransform first, SquareTransform after) {
  // A mirroring turns the turns before it around.
  const int turns = after.quarter_turns + (after.mirror ? -first.quarter_turns : first.quarter_turns);
  return {turns & 3, first.mirror != after.mirror};
}

SquareTransform Inverse(SquareTransform transform) {
  // A turn after a mirroring is a mirroring at another axis: its own inverse.
  if (transform.mirror) return {transform.quarter_turns & 3, true};
  return {-transform.quarter_turns & 3, false};
}

const std::vector<std::string>& SquareTransformNames() {
  static const auto& names = *new std::vector<std::string>{"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"};
  return names;
}

SquareTransform SquareTransformAt(int index) { return {index % 4, index >= 4}; }

std::optional<SquareTransform> SquareTransformNamed(absl::string_view name) {
  const std::vector<std::string>& names = SquareTransformNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return SquareTransformAt(static_cast<int>(found - names.begin()));
}

void ApplySquareTransform(SquareTransform transform, const ImageShape& shape, const PixelFormat& format,
                          const void* source, void* target) {
  const Walk walk = WalkOf(transform, shape.width);
  if (format.type == PixelType::kUint8) {
    MoveImage(walk, shape, format.layout, static_cast<const uint8_t*>(source), static_cast<uint8_t*>(target));
  } else {
    MoveImage(walk, shape, format.layout, static_cast<const float*>(source), static_cast<float*>(target));
  }
}

}  // namespace facet::model
