// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_ANALOGIES_H_
#define FACET_MODEL_TRAIN_ANALOGIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/data/dataset.h"

namespace facet::model {

// How a cell might look of which there is no image: as A smiles, so P might.
// With the features identity and expression it gives an image of P, neutral,
// whose smile was never seen, and A, neutral, and A, happy. A is one of those
// who look most like P there, for what is added to an image pixel by pixel must
// find the mouth where it was. Immutable; thread-safe.
class Analogies {
 public:
  // All images come from `images`, indices of `dataset`. `other` is the index of
  // the feature in which the pair differs from the image (identity), `changed`
  // that in which it differs within (expression). `neighbours`: how many of the
  // most alike are drawn from.
  Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours);

  struct Analogy {
    int64_t image = 0;
    int64_t from = 0;  // as `image`, but for the class of `other`
    int64_t to = 0;    // as `from`, but for the class of `changed`, of which there is no image as `image` is
  };
  // Of each image with such a cell, equally likely; nothing where there is none.
  std::optional<Analogy> Draw(CounterRandom& random) const;

 private:
  struct Change {
    int64_t from = 0;
    std::vector<int64_t> to;
  };
  struct Source {
    int64_t image = 0;
    std::vector<Change> changes;  // not empty
  };
  std::vector<Source> sources_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_ANALOGIES_H_
