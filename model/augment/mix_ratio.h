// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_MIX_RATIO_H_
#define FACET_MODEL_AUGMENT_MIX_RATIO_H_

#include <array>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/class_tuples.h"

namespace facet::model {

// How the weights of a mix's parents are found. Immutable value.
class MixRatio {
 public:
  using Weights = std::array<float, kMaxParents>;  // sum to 1; 0 beyond parents()

  // INVALID_ARGUMENT (reason BAD_RATIO) with the field paths below the mix: a
  // ratio outside [0, 1], min above max, a beta or dirichlet that is not
  // above 0, weights that are negative or sum to 0.
  static absl::StatusOr<MixRatio> OfPair(const v1::PairMix& mix);
  static absl::StatusOr<MixRatio> OfTriple(const v1::TripleMix& mix);

  int parents() const { return parents_; }
  // Draws from `random` if, and only if, the ratio is random.
  Weights Draw(CounterRandom& random) const;

  bool operator==(const MixRatio&) const = default;

 private:
  enum class Kind { kFixed, kRange, kConcentrated };
  explicit MixRatio(int parents) : parents_(parents) {}

  int parents_;
  Kind kind_ = Kind::kFixed;
  Weights fixed_{};
  float low_ = 0;  // of the range; or the a of Beta(a, a), Dirichlet(a, a, a)
  float high_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_MIX_RATIO_H_
