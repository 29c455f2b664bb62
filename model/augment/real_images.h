// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_REAL_IMAGES_H_
#define FACET_MODEL_AUGMENT_REAL_IMAGES_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// The images of a data set that a stream may show beside rendered ones, with
// their labels in the model's schema. Immutable value; thread-safe.
class RealImages {
 public:
  // Class index of each of the data set's features, of its image `i`.
  using Labels = absl::FunctionRef<absl::Span<const uint16_t>(int64_t i)>;

  // Reads the labels of all `count` images. FAILED_PRECONDITION (reason
  // SCHEMA_MISMATCH): the data set lacks a feature of the model.
  // INVALID_ARGUMENT with the field paths below the recipe: an unknown feature
  // or class in `only`, or no image is left.
  static absl::StatusOr<RealImages> Create(const v1::RealImages& recipe, const FeatureSchema& model,
                                           const FeatureSchema& dataset, int64_t count, Labels labels);

  // At least 1.
  int64_t size() const { return static_cast<int64_t>(images_.size()); }
  // Number in the data set of image `i`, in [0, size()).
  int64_t image(int64_t i) const { return images_[i]; }
  // Writes the one-hot feature vector of image `i` into `dense`,
  // [total_classes] of the model.
  void Write(int64_t i, absl::Span<float> dense) const;

 private:
  RealImages() = default;

  size_t features_ = 0;
  std::vector<int64_t> images_;
  std::vector<int32_t> places_;  // of ones in the dense vector, `features_` an image
};

// Spreads real images evenly among rendered ones. Immutable value.
class Interleaving {
 public:
  Interleaving() = default;
  // `share`, in (0, 1), of all images are real, at least one; rendered / (1 -
  // share), which is all of them, is at most 2^62.
  Interleaving(int64_t rendered, double share);
  explicit Interleaving(int64_t rendered) : rendered_(rendered) {}

  int64_t rendered() const { return rendered_; }
  int64_t real() const { return real_; }
  int64_t size() const { return rendered_ + real_; }
  // Real images at the places before `place`, in [0, size()].
  int64_t RealBefore(int64_t place) const;
  bool IsReal(int64_t place) const { return RealBefore(place + 1) > RealBefore(place); }

 private:
  int64_t rendered_ = 0;
  int64_t real_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_REAL_IMAGES_H_
