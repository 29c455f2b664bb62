// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/paired_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace facet::model {
namespace {

TEST(McNemarExactTest, IsTheTwoSidedBinomialTail) {
  // 2 * (1) / 2^5, 2 * (1 + 10) / 2^10, 2 * (1 + 20 + 190 + 1140) / 2^20.
  EXPECT_NEAR(McNemarExact(0, 5), 2.0 / 32, 1e-12);
  EXPECT_NEAR(McNemarExact(9, 1), 2.0 * 11 / 1024, 1e-12);
  EXPECT_NEAR(McNemarExact(3, 17), 2.0 * 1351 / 1048576, 1e-12);
}

TEST(McNemarExactTest, DoesNotCareWhichIsWhich) { EXPECT_EQ(McNemarExact(4, 13), McNemarExact(13, 4)); }

TEST(McNemarExactTest, IsOneWhereNothingSpeaksForEither) {
  EXPECT_EQ(McNemarExact(0, 0), 1);
  EXPECT_EQ(McNemarExact(7, 7), 1);
  EXPECT_EQ(McNemarExact(1, 0), 1);
  EXPECT_NEAR(McNemarExact(4, 3), 1, 1e-12) << "the two tails are all there is";
}

TEST(McNemarExactTest, StaysANumberForManyImages) {
  EXPECT_NEAR(McNemarExact(50000, 50000), 1, 1e-9);
  const double p = McNemarExact(49500, 50500);
  // The normal approximation with continuity correction: z = 999 / sqrt(100000).
  EXPECT_NEAR(p, std::erfc(999 / std::sqrt(100000.0) / std::sqrt(2.0)), 1e-5);
  EXPECT_EQ(McNemarExact(0, 5000), 0) << "2^-4999 is below what a double holds";
}

TEST(MedianTest, IsInTheMiddle) {
  EXPECT_EQ(Median({3}), 3);
  EXPECT_EQ(Median({5, 1, 9}), 5);
  EXPECT_EQ(Median({4, 1, 2, 9}), 3);
}

TEST(QuantileTest, LiesBetweenItsNeighbours) {
  const std::vector<double> values = {0, 10, 20, 30, 40};
  EXPECT_EQ(Quantile(values, 0), 0);
  EXPECT_EQ(Quantile(values, 0.25), 10);
  EXPECT_NEAR(Quantile(values, 0.025), 1, 1e-12);
  EXPECT_EQ(Quantile(values, 1), 40);
}

TEST(BootstrapMeanTest, ConstantDifferencesHaveNoSpread) {
  const Interval interval = BootstrapMean(std::vector<double>(20, 0.25), 100, 1, "x");
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

TEST(BootstrapMeanTest, SpreadsAsTheStandardErrorDoes) {
  // 100 of 400 images gained: the mean is 0.25, its standard error
  // sqrt(0.25 * 0.75 / 400) = 0.02165, 1.96 of them 0.0424.
  std::vector<double> differences(400, 0);
  for (int i = 0; i < 100; ++i) differences[4 * i] = 1;
  const Interval interval = BootstrapMean(differences, 10000, 1, "x");
  EXPECT_NEAR(interval.low, 0.25 - 0.0424, 0.003);
  EXPECT_NEAR(interval.high, 0.25 + 0.0424, 0.003);
}

TEST(BootstrapMeanTest, TwoImagesGiveTheWholeRange) {
  // Means of two draws are -1, 0, 1 with 1/4, 1/2, 1/4.
  const Interval interval = BootstrapMean(std::vector<double>{-1, 1}, 1000, 3, "x");
  EXPECT_EQ(interval.low, -1);
  EXPECT_EQ(interval.high, 1);
}

TEST(BootstrapMeanTest, IsAFunctionOfSeedAndPurpose) {
  std::vector<double> differences;
  for (int i = 0; i < 50; ++i) differences.push_back(std::sin(i));
  const auto low = [&](uint64_t seed, const char* purpose) {
    return BootstrapMean(differences, 200, seed, purpose).low;
  };
  EXPECT_EQ(low(1, "a"), low(1, "a"));
  EXPECT_NE(low(1, "a"), low(2, "a"));
  EXPECT_NE(low(1, "a"), low(1, "b"));
}

}  // namespace
}  // namespace facet::model
