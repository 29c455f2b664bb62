// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace facet {
namespace {

uint64_t UndoShiftXor(uint64_t x, int shift) {
  uint64_t result = x;
  for (int i = 0; i < 64 / shift + 1; ++i) result = x ^ (result >> shift);
  return result;
}

uint64_t InverseOdd(uint64_t a) {
  uint64_t inverse = a;
  for (int i = 0; i < 6; ++i) inverse *= 2 - a * inverse;
  return inverse;
}

// SplitMix64 is a bijection: this finds the seed for which a stream of a given
// purpose has a given Philox key.
uint64_t UndoSplitMix64(uint64_t x) {
  x = UndoShiftXor(x, 31) * InverseOdd(0x94D049BB133111EBu);
  x = UndoShiftXor(x, 27) * InverseOdd(0xBF58476D1CE4E5B9u);
  return UndoShiftXor(x, 30) - 0x9E3779B97F4A7C15u;
}

CounterRandom WithKey(uint32_t key0, uint32_t key1, uint64_t index) {
  const uint64_t key = key0 | uint64_t{key1} << 32;
  return CounterRandom(UndoSplitMix64(key) ^ StableHash("test"), "test", index);
}

std::array<uint32_t, 4> NextBlock(CounterRandom& random) {
  std::array<uint32_t, 4> block{};
  for (uint32_t& word : block) word = random.NextUint32();
  return block;
}

// kat_vectors of Random123 1.14: philox4x32 10.
TEST(CounterRandomTest, IsPhilox4x32Of10RoundsByItsKnownAnswer) {
  CounterRandom random = WithKey(0, 0, 0);
  EXPECT_EQ(NextBlock(random), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

// A plain second writing of the algorithm from the paper, itself held against
// the other two known answers.
std::array<uint32_t, 4> ReferencePhilox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t left = uint64_t{0xD2511F53} * counter[0];
    const uint64_t right = uint64_t{0xCD9E8D57} * counter[2];
    const std::array<uint32_t, 4> before = counter;
    counter[0] = static_cast<uint32_t>(right >> 32) ^ before[1] ^ key[0];
    counter[1] = static_cast<uint32_t>(right & 0xFFFFFFFF);
    counter[2] = static_cast<uint32_t>(left >> 32) ^ before[3] ^ key[1];
    counter[3] = static_cast<uint32_t>(left & 0xFFFFFFFF);
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

TEST(CounterRandomTest, ReferenceGivesTheKnownAnswers) {
  EXPECT_EQ(ReferencePhilox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(ReferencePhilox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandomTest, CountsBlocksInTheLowWordsAndIndexInTheHighOnes) {
  CounterRandom random = WithKey(0xa4093822, 0x299f31d0, 0x0370734413198a2e);
  for (uint32_t block = 0; block < 5; ++block) {
    EXPECT_EQ(NextBlock(random), ReferencePhilox({block, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}));
  }
}

TEST(CounterRandomTest, SameArgumentsGiveTheSameNumbers) {
  CounterRandom a(7, "shuffle", 3);
  CounterRandom b(7, "shuffle", 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.NextUint64(), b.NextUint64());
}

TEST(CounterRandomTest, SeedPurposeAndIndexEachChangeTheStream) {
  std::set<uint64_t> firsts;
  for (const uint64_t seed : {0, 1}) {
    for (const char* purpose : {"shuffle", "augment"}) {
      for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, ~uint64_t{0}}) {
        firsts.insert(CounterRandom(seed, purpose, index).NextUint64());
      }
    }
  }
  EXPECT_EQ(firsts.size(), 16u);
}

TEST(CounterRandomTest, NextBelowReachesEveryValueEquallyOften) {
  CounterRandom random(1, "below", 0);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70'000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.NextBelow(7));
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
}

TEST(CounterRandomTest, NextBelowTakesTheExtremes) {
  CounterRandom random(1, "below", 0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(random.NextBelow(1), 0u);
    EXPECT_LT(random.NextBelow((uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
    random.NextBelow(~uint64_t{0});
  }
}

// Mean and variance over many draws of `draw`.
template <typename Draw>
std::pair<double, double> Moments(int draws, Draw draw) {
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / draws;
  return {mean, squares / draws - mean * mean};
}

TEST(CounterRandomTest, NextDoubleIsUniform) {
  CounterRandom random(2, "double", 0);
  double low = 1;
  double high = 0;
  const auto [mean, variance] = Moments(100'000, [&] {
    const double x = random.NextDouble();
    low = std::min(low, x);
    high = std::max(high, x);
    return x;
  });
  EXPECT_NEAR(mean, 0.5, 0.005);
  EXPECT_NEAR(variance, 1.0 / 12, 0.002);
  EXPECT_GE(low, 0.0);
  EXPECT_LT(high, 1.0);
  EXPECT_LT(low, 1e-3);
  EXPECT_GT(high, 1 - 1e-3);
}

TEST(CounterRandomTest, NextNormalIsStandardNormal) {
  CounterRandom random(3, "normal", 0);
  int beyond_two = 0;
  const auto [mean, variance] = Moments(100'000, [&] {
    const double x = random.NextNormal();
    beyond_two += std::abs(x) > 2;
    return x;
  });
  EXPECT_NEAR(mean, 0, 0.015);
  EXPECT_NEAR(variance, 1, 0.02);
  EXPECT_NEAR(beyond_two / 100'000.0, 0.0455, 0.004);
}

class BetaTest : public testing::TestWithParam<double> {};

// Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)).
TEST_P(BetaTest, HasTheMomentsOfItsDistribution) {
  const double a = GetParam();
  CounterRandom random(4, "beta", 0);
  double low = 1;
  double high = 0;
  const auto [mean, variance] = Moments(100'000, [&] {
    const double x = random.NextBeta(a);
    low = std::min(low, x);
    high = std::max(high, x);
    return x;
  });
  EXPECT_NEAR(mean, 0.5, 0.01);
  EXPECT_NEAR(variance, 1 / (4 * (2 * a + 1)), 0.005);
  EXPECT_GE(low, 0.0);
  EXPECT_LE(high, 1.0);
  EXPECT_FALSE(std::isnan(mean));
}

TEST(CounterRandomTest, BetaIsNeverAtItsEnds) {
  CounterRandom random(1, "beta ends", 0);
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.NextBeta(0.001);
    ASSERT_GT(x, 0);
    ASSERT_LT(x, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(BothMethods, BetaTest, testing::Values(0.01, 0.2, 0.5, 1.0, 1.001, 2.0, 30.0));

TEST(IndexPermutationTest, IsABijectionForEverySmallSize) {
  for (uint64_t size = 1; size <= 300; ++size) {
    const IndexPermutation permutation(size, 11, "shuffle", size);
    std::vector<bool> hit(size);
    for (uint64_t i = 0; i < size; ++i) {
      const uint64_t to = permutation(i);
      ASSERT_LT(to, size);
      ASSERT_FALSE(hit[to]) << "size " << size;
      hit[to] = true;
    }
  }
}

TEST(IndexPermutationTest, IsABijectionAroundPowersOfFour) {
  for (const uint64_t size : {4095u, 4096u, 4097u, 65536u, 65537u}) {
    const IndexPermutation permutation(size, 5, "shuffle", 0);
    std::vector<bool> hit(size);
    for (uint64_t i = 0; i < size; ++i) hit.at(permutation(i)) = true;
    EXPECT_EQ(std::count(hit.begin(), hit.end(), true), static_cast<int64_t>(size));
  }
}

TEST(IndexPermutationTest, StaysInRangeForHugeSizes) {
  for (const uint64_t size : {(uint64_t{1} << 40) + 1, uint64_t{1} << 62, (uint64_t{1} << 62) + 12345}) {
    const IndexPermutation permutation(size, 5, "shuffle", 0);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < 1000; ++i) {
      const uint64_t to = permutation(i * (size / 1000));
      EXPECT_LT(to, size);
      seen.insert(to);
    }
    EXPECT_EQ(seen.size(), 1000u);
  }
}

TEST(IndexPermutationTest, SendsTheFirstIndexEverywhereOverManySeeds) {
  std::array<int, 10> counts{};
  for (uint64_t seed = 0; seed < 10'000; ++seed) ++counts.at(IndexPermutation(10, seed, "shuffle", 0)(0));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(IndexPermutationTest, DiffersByEpoch) {
  const IndexPermutation first(1000, 1, "shuffle", 0);
  const IndexPermutation second(1000, 1, "shuffle", 1);
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) same += first(i) == second(i);
  EXPECT_LT(same, 20);
}

// On disk and on the wire these must never change.
TEST(StableHashTest, IsPinned) {
  EXPECT_EQ(StableHash(""), StableHash(absl::string_view()));
  EXPECT_NE(StableHash("a"), StableHash("b"));
  EXPECT_NE(StableHash(absl::string_view("a\0", 2)), StableHash("a"));
  EXPECT_EQ(StableHash("facet"), 2268632173175370532u);
}

}  // namespace
}  // namespace facet
