// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_PAIR_GRID_H_
#define FACET_MODEL_RECOGNISE_PAIR_GRID_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "model/features/schema.h"

namespace facet::model {

// All feature vectors in which two classes of one feature, or one class and
// itself, have weight 0.5 each, in every combination of the other features.
// Pairs have no order: of n classes there are n (n + 1) / 2. Immutable;
// thread-safe.
class PairGrid {
 public:
  // How many there are: may be more than can be counted otherwise.
  static double Count(const FeatureSchema& schema, int mix_feature);

  // Count() is below 2^53.
  PairGrid(FeatureSchema schema, int mix_feature);

  int64_t size() const { return size_; }
  // Class indices of vector `i`, schema order, and those of its other parent,
  // which differ in the mixed feature alone, or not at all.
  std::pair<std::vector<uint16_t>, std::vector<uint16_t>> Parents(int64_t i) const;
  // Writes its dense form, total_classes() values.
  void WriteDense(int64_t i, float* dense) const;

 private:
  FeatureSchema schema_;
  int mix_feature_;
  int64_t size_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_PAIR_GRID_H_
