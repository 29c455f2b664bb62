// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_SQUARE_TRANSFORM_H_
#define FACET_MODEL_IMAGE_SQUARE_TRANSFORM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "model/image/pixels.h"

namespace facet::model {

// The dihedral group of the square: `quarter_turns` counter-clockwise, after a
// mirroring left to right where `mirror` is set.
struct SquareTransform {
  int quarter_turns = 0;  // 0 to 3
  bool mirror = false;
  bool operator==(const SquareTransform&) const = default;
};

// `after` applied to what `first` made.
SquareTransform Compose(SquareTransform first, SquareTransform after);
SquareTransform Inverse(SquareTransform transform);

// All eight by their names, r0, r90, r180, r270, m0, m90, m180, m270: degrees,
// with r not mirrored, with m mirrored before the turn.
const std::vector<std::string>& SquareTransformNames();
// `index`: in SquareTransformNames().
SquareTransform SquareTransformAt(int index);
std::optional<SquareTransform> SquareTransformNamed(absl::string_view name);

// Moves the pixels of one square image (height == width), laid out as `format`
// says. `source` and `target` hold shape.samples() samples and do not overlap.
void ApplySquareTransform(SquareTransform transform, const ImageShape& shape, const PixelFormat& format,
                          const void* source, void* target);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_SQUARE_TRANSFORM_H_
