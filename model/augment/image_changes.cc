// SPDX-License-Identifier: Apache-2.0
#include "model/augment/image_changes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

absl::StatusOr<SquareTransform> ReadSquare(int transform) {
  const int element = transform - static_cast<int>(v1::SQUARE_TRANSFORM_IDENTITY);
  if (element < 0 || element >= 8) {
    return InvalidField("", "UNKNOWN_TRANSFORM", absl::StrCat(transform, " is no SquareTransform"));
  }
  return SquareTransform{element % 4, element >= 4};
}

}  // namespace

absl::StatusOr<ImageChanges> ImageChanges::Create(const v1::TransformRecipe& recipe) {
  ImageChanges changes;
  Mistakes mistakes;
  for (int i = 0; i < recipe.square_size() && !mistakes.full(); ++i) {
    const std::string field = absl::StrCat("square[", i, "]");
    SquareTransform square;
    if (!mistakes.Take(ReadSquare(recipe.square(i)), square, field)) continue;
    if (std::find(changes.square_.begin(), changes.square_.end(), square) != changes.square_.end()) {
      mistakes.Add(InvalidField(field, "DUPLICATE_TRANSFORM", "the transform is listed twice"));
    }
    changes.square_.push_back(square);
  }
  if (changes.square_.empty()) changes.square_.emplace_back();
  mistakes.Add(changes.ReadRange(recipe.has_blur(), recipe.blur(), 0, 4, "blur", changes.blur_));
  mistakes.Add(
      changes.ReadRange(recipe.has_saturation(), recipe.saturation(), 0, 4, "saturation", changes.saturation_));
  mistakes.Add(changes.ReadRange(recipe.has_contrast(), recipe.contrast(), 0, 4, "contrast", changes.contrast_));
  mistakes.Add(
      changes.ReadRange(recipe.has_brightness(), recipe.brightness(), -1, 1, "brightness", changes.brightness_));
  mistakes.Add(changes.ReadRange(recipe.has_noise(), recipe.noise(), 0, 1, "noise", changes.noise_));
  RETURN_IF_ERROR(mistakes.ToStatus());
  return changes;
}

absl::Status ImageChanges::ReadRange(bool given, const v1::FloatRange& from, float least, float most, const char* field,
                                     Range& to) {
  if (!given) return absl::OkStatus();
  if (!(from.min() >= least && from.max() <= most && from.min() <= from.max())) {
    return InvalidField(field, "OUT_OF_RANGE",
                        absl::StrCat("min ", from.min(), " and max ", from.max(), " must lie in [", least, ", ", most,
                                     "], min not above max"));
  }
  to = {from.min(), from.max()};
  photometric_ = true;
  return absl::OkStatus();
}

float ImageChanges::Range::Draw(CounterRandom& random) const {
  return low == high ? low : low + (high - low) * static_cast<float>(random.NextDouble());
}

ImageChange ImageChanges::Draw(CounterRandom& random) const {
  ImageChange change;
  change.square = square_[random.NextBelow(square_.size())];
  if (!photometric_) return change;
  change.photometric.blur = blur_.Draw(random);
  change.photometric.saturation = saturation_.Draw(random);
  change.photometric.contrast = contrast_.Draw(random);
  change.photometric.brightness = brightness_.Draw(random);
  change.photometric.noise = noise_.Draw(random);
  return change;
}

}  // namespace facet::model
