// SPDX-License-Identifier: Apache-2.0
#include "model/augment/class_tuples.h"

#include <algorithm>

namespace facet::model {
namespace {

// Unordered choices of `parents` out of `classes`, the same class allowed
// several times or not.
int64_t Choices(int64_t classes, int parents, bool repeated) {
  const int64_t n = repeated ? classes + parents - 1 : classes;
  if (n < parents) return 0;
  int64_t choices = 1;
  for (int k = 0; k < parents; ++k) choices = choices * (n - k) / (k + 1);  // exact at every step
  return choices;
}

// Ordered choices likewise.
int64_t Orders(int64_t classes, int parents, bool repeated) {
  int64_t orders = 1;
  for (int k = 0; k < parents; ++k) orders *= repeated ? classes : std::max<int64_t>(0, classes - k);
  return orders;
}

ClassTuples::Tuple ChoiceAt(int64_t i, int64_t classes, int parents, bool repeated) {
  ClassTuples::Tuple tuple{};
  int64_t offset = 0;
  for (int k = 0; k < parents; ++k) {
    const int64_t all = Choices(classes, parents - k, repeated);
    const auto before = [&](int64_t first) { return all - Choices(classes - first, parents - k, repeated); };
    int64_t low = 0, high = classes - 1;  // the last first place whose tuples begin at or before i
    while (low < high) {
      const int64_t middle = (low + high + 1) / 2;
      if (before(middle) <= i) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    i -= before(low);
    tuple[k] = offset + low;
    const int64_t used = repeated ? low : low + 1;
    offset += used;
    classes -= used;
  }
  return tuple;
}

ClassTuples::Tuple OrderAt(int64_t i, int64_t classes, int parents, bool repeated) {
  ClassTuples::Tuple tuple{};
  for (int k = parents - 1; k >= 0; --k) {
    const int64_t choices = repeated ? classes : classes - k;
    tuple[k] = i % choices;
    i /= choices;
  }
  if (repeated) return tuple;
  // Each is a place among the classes that those before it have left.
  for (int k = 1; k < parents; ++k) {
    ClassTuples::Tuple taken = tuple;
    std::sort(taken.begin(), taken.begin() + k);
    for (int t = 0; t < k; ++t) {
      if (tuple[k] >= taken[t]) ++tuple[k];
    }
  }
  return tuple;
}

}  // namespace

ClassTuples::ClassTuples(int64_t classes, int parents, Across across, bool ordered)
    : classes_(classes), parents_(parents), across_(across), ordered_(ordered) {
  const bool repeated = across == Across::kEither;
  size_ = across == Across::kNever ? classes
          : ordered                ? Orders(classes, parents, repeated)
                                   : Choices(classes, parents, repeated);
}

ClassTuples::Tuple ClassTuples::At(int64_t i) const {
  if (across_ == Across::kNever) return {i, i, i};
  const bool repeated = across_ == Across::kEither;
  return ordered_ ? OrderAt(i, classes_, parents_, repeated) : ChoiceAt(i, classes_, parents_, repeated);
}

}  // namespace facet::model
