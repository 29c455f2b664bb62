// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_NEIGHBOUR_SEARCH_H_
#define FACET_MODEL_EVALUATE_NEIGHBOUR_SEARCH_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/data/dataset.h"

namespace facet::model {

// Looks for the nearest of some real images, among all of them. Immutable;
// thread-safe.
class NeighbourSearch {
 public:
  // No image of the data set.
  static constexpr int64_t kNone = -1;

  // Looks among `images`, indices of `dataset`; both outlive this.
  NeighbourSearch(const Dataset& dataset, absl::Span<const int64_t> images) : dataset_(dataset), images_(images) {}

  // The distance (root mean square) of each of `queries`, float32 NHWC, to the
  // nearest image but for the one of the same place in `themselves`, which has
  // an index or kNone for each; 0 where there is no other. Takes queries x
  // images x samples multiplications at the most, far fewer as a rule.
  // CANCELLED soon after `stop` is set.
  absl::StatusOr<std::vector<double>> Distances(absl::Span<const float> queries, absl::Span<const int64_t> themselves,
                                                const std::atomic<bool>& stop) const;

 private:
  const Dataset& dataset_;
  const absl::Span<const int64_t> images_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_NEIGHBOUR_SEARCH_H_
