// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_IMAGE_CHANGES_H_
#define FACET_MODEL_AUGMENT_IMAGE_CHANGES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/photometric.h"
#include "model/image/square_transform.h"

namespace facet::model {

// What is done to one image.
struct ImageChange {
  SquareTransform square;
  Photometric photometric;
  bool operator==(const ImageChange&) const = default;
};

// Draws what is done to each image, as v1.TransformRecipe says. Immutable
// value; thread-safe.
class ImageChanges {
 public:
  // INVALID_ARGUMENT with the field paths below the recipe: an unknown or
  // doubled transform, a range that is out of bounds or upside down.
  static absl::StatusOr<ImageChanges> Create(const v1::TransformRecipe& recipe);

  ImageChange Draw(CounterRandom& random) const;
  // Whether some image may be turned or mirrored.
  bool moves_pixels() const { return square_.size() > 1 || square_[0] != SquareTransform(); }
  // Whether the recipe names anything beside `square`.
  bool photometric() const { return photometric_; }

 private:
  struct Range {
    float low = 0;
    float high = 0;
    float Draw(CounterRandom& random) const;
  };
  ImageChanges() = default;
  absl::Status ReadRange(bool given, const v1::FloatRange& from, float least, float most, const char* field, Range& to);

  std::vector<SquareTransform> square_;  // not empty
  bool photometric_ = false;
  Range blur_, saturation_{1, 1}, contrast_{1, 1}, brightness_, noise_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_IMAGE_CHANGES_H_
