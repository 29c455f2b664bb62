// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_
#define FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// What one feature of a stream runs over: a numbered list of items, each the
// weights of that feature's classes, that need not be stored to be reached.
// Immutable value; thread-safe.
class FeatureItems {
 public:
  // Every class of `feature`, one-hot.
  static FeatureItems AllClasses(const FeatureSchema& schema, int feature);

  // What a recipe says. INVALID_ARGUMENT with the field path below the recipe:
  // unknown or doubled class, a ratio outside [0, 1], min above max, a beta
  // that is not above 0, too few classes to pair.
  static absl::StatusOr<FeatureItems> Create(const FeatureSchema& schema, const v1::FeatureRecipe& recipe);

  int feature() const { return feature_; }
  // At least 1.
  int64_t size() const;
  // Writes the weights of item `i`, in [0, size()), into `weights`, which is
  // zero and has a place for each class of the feature. Draws from `random`
  // if, and only if, the recipe's ratio is random.
  void Write(int64_t i, CounterRandom& random, absl::Span<float> weights) const;

 private:
  enum class Kind { kClasses, kFixed, kPairs };
  enum class Ratio { kFixed, kRange, kBeta };

  struct Pair {
    int64_t first, second;  // places in classes_
  };
  Pair PairAt(int64_t i) const;
  float DrawRatio(CounterRandom& random) const;
  static absl::StatusOr<FeatureItems> CreatePairs(const FeatureSchema& schema, int feature, const v1::PairMix& mix);

  int feature_ = 0;
  Kind kind_ = Kind::kClasses;
  std::vector<int> classes_;   // kClasses, kPairs
  std::vector<float> fixed_;   // kFixed
  bool ordered_ = false;
  bool include_self_ = false;
  Ratio ratio_ = Ratio::kFixed;
  float low_ = 0.5f;  // fixed ratio, lower end of the range, or beta's a
  float high_ = 0.5f;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_
