// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_ANALOGIES_H_
#define FACET_MODEL_TRAIN_ANALOGIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/data/dataset.h"
#include "model/train/mix_partners.h"

namespace facet::model {

// Finds, for an image, how another one changes: as A smiles, so P might. With
// the features identity and expression and an image of P, neutral, it gives A,
// neutral, and A, happy. A is one of those who look most like P there, for what
// is added to an image pixel by pixel must find the mouth where it was.
// Immutable; thread-safe.
class Analogies {
 public:
  // All images come from `images`, indices of `dataset`. `other` is the index of
  // the feature in which the pair differs from the image (identity), `changed`
  // that in which it differs within (expression). `neighbours`: how many of the
  // most alike are drawn from.
  Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours);

  struct Pair {
    int64_t from = 0;  // as the image, but for the class of `other`
    int64_t to = 0;    // as `from`, but for the class of `changed`
  };
  // A pair for the image at `position` of `images`; nothing where nobody else
  // changes.
  std::optional<Pair> Draw(size_t position, CounterRandom& random) const;

 private:
  std::vector<int64_t> images_;
  MixPartners changes_;
  std::vector<std::vector<uint32_t>> neighbours_;  // positions of `from`, one list a position
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_ANALOGIES_H_
