// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_CLASS_TUPLES_H_
#define FACET_MODEL_AUGMENT_CLASS_TUPLES_H_

#include <array>
#include <cstdint>

namespace facet::model {

inline constexpr int kMaxParents = 3;

// Whether a mix reaches across a feature.
enum class Across {
  kNever,   // all parents have the same class
  kAlways,  // no two parents have the same class
  kEither,  // all choices
};

// The classes of a mix's parents: a numbered list of tuples of places in [0,
// classes), in lexicographic order, of which none need be stored to be reached.
// Immutable value.
class ClassTuples {
 public:
  using Tuple = std::array<int64_t, kMaxParents>;  // the first `parents` count

  // `classes` in [1, 65536], `parents` 2 or 3. Where not `ordered`, tuples of
  // the same classes come once, in ascending order.
  ClassTuples(int64_t classes, int parents, Across across, bool ordered);

  // 0 where there are too few classes.
  int64_t size() const { return size_; }
  // `i` in [0, size()).
  Tuple At(int64_t i) const;

 private:
  int64_t classes_;
  int parents_;
  Across across_;
  bool ordered_;
  int64_t size_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_CLASS_TUPLES_H_
