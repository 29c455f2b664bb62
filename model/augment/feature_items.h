// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_
#define FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/class_tuples.h"
#include "model/augment/mix_ratio.h"
#include "model/features/schema.h"

namespace facet::model {

// What one feature of a stream runs over: a numbered list of items, each the
// weights of that feature's classes, that need not be stored to be reached.
// Immutable value; thread-safe.
class FeatureItems {
 public:
  // Every class of `feature`, one-hot.
  static FeatureItems AllClasses(const FeatureSchema& schema, int feature);

  // What a recipe says. INVALID_ARGUMENT with the field paths below the recipe:
  // unknown or doubled class, a bad ratio, too few classes to mix.
  static absl::StatusOr<FeatureItems> Create(const FeatureSchema& schema, const v1::FeatureRecipe& recipe);

  int feature() const { return feature_; }
  // At least 1.
  int64_t size() const;
  // An item is drawn for each image; the epoch has not all of them.
  bool sampled() const { return sampled_; }
  // How its mixes are weighted; null where it has none.
  const MixRatio* ratio() const { return ratio_.has_value() ? &*ratio_ : nullptr; }

  // Writes the weights of item `i`, in [0, size()), into `weights`, which is
  // zero and has a place for each class of the feature. `parents` weighs the
  // parents of a mix and means nothing otherwise.
  void Write(int64_t i, const MixRatio::Weights& parents, absl::Span<float> weights) const;

 private:
  absl::Status ReadPairs(const FeatureSchema& schema, const v1::PairMix& mix);
  absl::Status ReadTriples(const FeatureSchema& schema, const v1::TripleMix& mix);
  absl::Status ReadMix(absl::StatusOr<std::vector<int>> classes, absl::StatusOr<MixRatio> ratio,
                       absl::StatusOr<Across> across, int parents, bool ordered);
  absl::Status Tuple(int parents, Across across, bool ordered);

  int feature_ = 0;
  bool sampled_ = false;
  std::vector<float> fixed_;           // the only item, if not empty
  std::vector<int> classes_;           // of items that are classes or mixes
  std::optional<ClassTuples> tuples_;  // places in classes_, of mixes
  std::optional<MixRatio> ratio_;      // of mixes
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_FEATURE_ITEMS_H_
