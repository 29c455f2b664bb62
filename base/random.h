// SPDX-License-Identifier: Apache-2.0
// Randomness as a pure function of (seed, purpose, index): nothing to save, any
// point reached in constant time. Philox4x32-10 (Salmon et al., "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011).
#ifndef FACET_BASE_RANDOM_H_
#define FACET_BASE_RANDOM_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace facet {

// Counter-based generator: the same arguments give the same numbers on every
// machine; those that take logarithms (NextNormal and what follows it), but for
// the last digit of another C library. Cheap to make; not thread-safe.
class CounterRandom {
 public:
  // `purpose` parts streams of one seed ("shuffle", "augment"); `index` names
  // the item within (an image, a step).
  CounterRandom(uint64_t seed, absl::string_view purpose, uint64_t index);

  uint32_t NextUint32();
  uint64_t NextUint64();
  // Uniform in [0, n), n > 0, without bias.
  uint64_t NextBelow(uint64_t n);
  // Uniform in [0, 1), 53 bits.
  double NextDouble();
  // Standard normal (Box-Muller).
  double NextNormal();
  // Beta(a, a) for a > 0, in (0, 1), never at its ends (Joehnk for a <= 1, gamma
  // ratio by Marsaglia and Tsang above).
  double NextBeta(double a);
  // Logarithm of a Gamma(shape, 1), shape > 0; three of them, taken to their
  // sum, are a Dirichlet.
  double NextLogGamma(double shape);

 private:
  double NextGamma(double shape);

  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// A pseudo-random permutation of [0, size) without a table: a 4-round Feistel
// network over the next power of 4, walked until it falls inside the range.
class IndexPermutation {
 public:
  // `size` is at least 1.
  IndexPermutation(uint64_t size, uint64_t seed, absl::string_view purpose, uint64_t index);

  // Where `i`, in [0, size), goes.
  uint64_t operator()(uint64_t i) const;

 private:
  uint64_t size_;
  int half_bits_;
  std::array<uint64_t, 4> keys_;
};

// Stable 64-bit hash of bytes (FNV-1a, finished by SplitMix64).
uint64_t StableHash(absl::string_view bytes);

}  // namespace facet

#endif  // FACET_BASE_RANDOM_H_
