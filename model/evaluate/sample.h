// SPDX-License-Identifier: Apache-2.0
// Which images of a group are looked at: pure functions of group and seed.
#ifndef FACET_MODEL_EVALUATE_SAMPLE_H_
#define FACET_MODEL_EVALUATE_SAMPLE_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/data/dataset.h"

namespace facet::model {

// Positions of at most `count` elements of a group of `size`, chosen at random,
// in random order.
std::vector<int64_t> SamplePositions(int64_t size, int64_t count, uint64_t seed, absl::string_view purpose);

// At most `count` of `images`, ascending: of as many different cells as can be,
// with classes of every feature as evenly as can be (base/even_choice.h). Of
// images that are alike but for their square transforms an upright one comes
// first: one that is not turned, and not mirrored where there is one.
std::vector<int64_t> SampleCells(const Dataset& dataset, absl::Span<const int64_t> images, int64_t count,
                                 uint64_t seed);

// Different label combinations among `images`.
int64_t CountCells(const Dataset& dataset, absl::Span<const int64_t> images);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_SAMPLE_H_
