// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_COMBINATIONS_H_
#define FACET_MODEL_AUGMENT_COMBINATIONS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/feature_items.h"
#include "model/features/schema.h"

namespace facet::model {

// What the rendered images of an epoch may show: the product of the features'
// items, times `repeats`, numbered; the last feature of the schema moves
// fastest. Immutable value; thread-safe.
class Combinations {
 public:
  // INVALID_ARGUMENT with the field paths below the recipe: what FeatureItems
  // refuses, a feature given twice, mixes that cannot share a ratio, negative
  // repeats, an epoch of over 2^48 images.
  static absl::StatusOr<Combinations> Create(const v1::StreamRecipe& recipe, const FeatureSchema& schema);

  // At least 1.
  int64_t size() const { return size_; }
  // Writes the feature vector of combination `i` into `dense`,
  // [total_classes]. Draws from `random` what is random in it.
  void Write(int64_t i, CounterRandom& random, absl::Span<float> dense) const;

 private:
  absl::Status ReadFeatures(const v1::StreamRecipe& recipe);
  absl::Status CheckSharedRatio() const;
  absl::Status Count(int repeats);

  FeatureSchema schema_;
  std::vector<FeatureItems> items_;  // one a feature, schema order
  int64_t size_ = 0;
  bool share_ratio_ = false;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_COMBINATIONS_H_
