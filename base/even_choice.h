// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_EVEN_CHOICE_H_
#define FACET_BASE_EVEN_CHOICE_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace facet {

// An image that may be looked at.
struct EvenCandidate {
  // Its class of each feature, as many for all candidates.
  std::vector<int> classes;
  // What it shows, however it is turned: equal for images of one subject.
  std::vector<int> subject;
  // Of one subject, the least comes first; the rest need not ascend.
  int preference = 0;
};

// At most `count` of `candidates`, by their positions, in the order of choice.
// Each next one, by what decides first, has classes that came together least
// often so far, a subject that came least often, the least preference of its
// subject where that did not come yet, classes that came least often for how many
// there are of their feature, and the first position. So no period of the order
// of candidates shows in what is chosen. A pure function.
std::vector<size_t> ChooseEvenly(absl::Span<const EvenCandidate> candidates, size_t count);

}  // namespace facet

#endif  // FACET_BASE_EVEN_CHOICE_H_
