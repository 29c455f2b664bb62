// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace facet {
namespace {

uint64_t SplitMix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

// What rounding has put on an end of (0, 1), beside it.
double Inside(double x) { return std::clamp(x, std::numeric_limits<double>::min(), 1 - 0x1.0p-53); }

}  // namespace

uint64_t StableHash(absl::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  }
  return SplitMix64(hash);
}

CounterRandom::CounterRandom(uint64_t seed, absl::string_view purpose, uint64_t index) {
  const uint64_t key = SplitMix64(seed ^ StableHash(purpose));
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  counter_ = {0, 0, static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)};
}

uint32_t CounterRandom::NextUint32() {
  if (used_ == 4) {
    block_ = Philox(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[used_++];
}

uint64_t CounterRandom::NextUint64() {
  const uint64_t low = NextUint32();
  return low | (uint64_t{NextUint32()} << 32);
}

uint64_t CounterRandom::NextBelow(uint64_t n) {
  // Numbers below 2^64 mod n would make the first classes likelier.
  const uint64_t reject = (0 - n) % n;
  uint64_t x = NextUint64();
  while (x < reject) x = NextUint64();
  return x % n;
}

double CounterRandom::NextDouble() { return static_cast<double>(NextUint64() >> 11) * 0x1.0p-53; }

double CounterRandom::NextNormal() {
  const double u = 1.0 - NextDouble();
  const double v = NextDouble();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

double CounterRandom::NextGamma(double shape) {
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = NextNormal();
    const double v = std::pow(1.0 + c * x, 3);
    if (v <= 0) continue;
    const double u = 1.0 - NextDouble();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double CounterRandom::NextBeta(double a) {
  if (a > 1.0) {
    const double x = NextGamma(a);
    return Inside(x / (x + NextGamma(a)));
  }
  while (true) {
    // In logarithms: for small a the powers underflow.
    const double x = std::log(1.0 - NextDouble()) / a;
    const double y = std::log(1.0 - NextDouble()) / a;
    const double top = std::max(x, y);
    const double log_sum = top + std::log(std::exp(x - top) + std::exp(y - top));
    if (log_sum <= 0) return Inside(std::exp(x - log_sum));
  }
}

double CounterRandom::NextLogGamma(double shape) {
  // Gamma(a) = Gamma(a + 1) U^(1/a).
  const double log_power = std::log(1.0 - NextDouble()) / shape;
  return std::log(NextGamma(shape + 1)) + log_power;
}

IndexPermutation::IndexPermutation(uint64_t size, uint64_t seed, absl::string_view purpose, uint64_t index)
    : size_(size), half_bits_((std::bit_width(size - 1) + 1) / 2) {
  if (half_bits_ == 0) half_bits_ = 1;
  CounterRandom random(seed, purpose, index);
  for (uint64_t& key : keys_) key = random.NextUint64();
}

uint64_t IndexPermutation::operator()(uint64_t i) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  do {
    uint64_t left = i >> half_bits_;
    uint64_t right = i & mask;
    for (const uint64_t key : keys_) {
      const uint64_t next = left ^ (SplitMix64(right ^ key) & mask);
      left = right;
      right = next;
    }
    i = (left << half_bits_) | right;
  } while (i >= size_);
  return i;
}

}  // namespace facet
