// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_MIX_PARTNERS_H_
#define FACET_MODEL_TRAIN_MIX_PARTNERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/data/dataset.h"

namespace facet::model {

// Finds, for an image, others that differ from it in the class of one feature
// alone: the two parents of a mix. Immutable; thread-safe.
class MixPartners {
 public:
  // Partners come from `images`, indices of `dataset`; `feature` is the index
  // of the feature that may differ.
  MixPartners(const Dataset& dataset, absl::Span<const int64_t> images, int feature);

  // One of the partners of the image at `position` of `images`, each equally
  // likely; nothing where it has none.
  std::optional<int64_t> Draw(size_t position, CounterRandom& random) const;

 private:
  // Images alike but for the feature lie side by side in `sorted_`, ordered by
  // its class; what an image may not be mixed with is one run within.
  struct Place {
    uint32_t group_begin = 0;
    uint32_t group_end = 0;
    uint32_t own_begin = 0;
    uint32_t own_end = 0;
  };
  std::vector<int64_t> sorted_;
  std::vector<Place> places_;  // one a position
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_MIX_PARTNERS_H_
