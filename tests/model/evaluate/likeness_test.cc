// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/likeness.h"

#include <cmath>

#include "base/random.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

std::vector<float> Normal(int count, double mean, uint64_t index) {
  CounterRandom random(1, "likeness", index);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(mean + random.NextNormal());
  return values;
}

TEST(HighFrequencyEnergyTest, IsTheMeanSquareOfTheLaplacianInside) {
  // One bright pixel in the middle of 5 x 5: 4 there, -1 at its neighbours.
  std::vector<float> image(25);
  image[12] = 1;
  EXPECT_NEAR(HighFrequencyEnergy({5, 5, 1}, image), (16.0 + 4) / 9, 1e-12);
}

TEST(HighFrequencyEnergyTest, ChannelsDoNotMix) {
  std::vector<float> image(3 * 25);
  for (size_t i = 0; i < image.size(); i += 3) image[i] = 1;  // evenly red
  EXPECT_NEAR(HighFrequencyEnergy({5, 5, 3}, image), 0, 1e-12);
}

TEST(HighFrequencyEnergyTest, FallsWhenAnImageIsBlurred) {
  const std::vector<float> sharp = Normal(16 * 16, 0.5, 0);
  std::vector<float> blurred = sharp;
  for (size_t i = 1; i + 1 < sharp.size(); ++i) blurred[i] = (sharp[i - 1] + sharp[i] + sharp[i + 1]) / 3;
  EXPECT_LT(HighFrequencyEnergy({16, 16, 1}, blurred), 0.5 * HighFrequencyEnergy({16, 16, 1}, sharp));
}

TEST(HighFrequencyEnergyTest, TooSmallHasNone) { EXPECT_EQ(HighFrequencyEnergy({2, 2, 1}, {0, 1, 1, 0}), 0); }

TEST(CosineTest, IsOfTheAngleAlone) {
  EXPECT_NEAR(Cosine({1, 0}, {5, 5}), std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(Cosine({1, 2}, {-2, -4}), -1, 1e-12);
  EXPECT_EQ(Cosine({0, 0}, {1, 1}), 0);
}

TEST(PairedKernelDistanceTest, IsTheFormulaOnThreeNumbers) {
  // Rows of one number: k(x, y) = (x y + 1)^3.
  const auto k = [](double x, double y) { return std::pow(x * y + 1, 3); };
  const double expected = k(1, 2) + k(3, 5) - (k(1, 5) + k(2, 3));
  EXPECT_NEAR(PairedKernelDistance({1, 2}, {3, 5}, 1), expected, 1e-9);
}

TEST(PairedKernelDistanceTest, CopiesAreAtExactly0) {
  const std::vector<float> a = Normal(10 * 4, 0, 1);
  EXPECT_EQ(PairedKernelDistance(a, a, 4), 0);
}

// Each row close to its partner, as a rendered image is to its real one: that
// is no reason to be below 0.
TEST(PairedKernelDistanceTest, PairsThatAreAlikeDoNotLowerIt) {
  double sum = 0;
  for (uint64_t round = 0; round < 50; ++round) {
    const std::vector<float> a = Normal(20 * 4, 0, 3 * round + 10);
    std::vector<float> b = a;
    const std::vector<float> noise = Normal(20 * 4, 0, 3 * round + 11);
    for (size_t i = 0; i < b.size(); ++i) b[i] = 0.995f * b[i] + 0.1f * noise[i];  // of variance 1 again
    sum += PairedKernelDistance(a, b, 4);
  }
  EXPECT_NEAR(sum / 50, 0, 0.1);
}

TEST(PairedKernelDistanceTest, IsNear0ForOneDistributionAndGrowsWithTheShift) {
  const std::vector<float> a = Normal(200 * 4, 0, 1);
  const double same = PairedKernelDistance(a, Normal(200 * 4, 0, 2), 4);
  const double near = PairedKernelDistance(a, Normal(200 * 4, 0.5, 3), 4);
  const double far = PairedKernelDistance(a, Normal(200 * 4, 1, 4), 4);
  EXPECT_LT(std::abs(same), 0.1 * near);
  EXPECT_LT(near, far);
}

TEST(PairedKernelDistanceTest, NeedsTwoOfEach) {
  EXPECT_EQ(PairedKernelDistance({1}, {2}, 1), 0);
  EXPECT_EQ(PairedKernelDistance({}, {}, 0), 0);
}

TEST(UnevennessTest, IsLargestOverMeanStep) {
  EXPECT_NEAR(Unevenness({0, 1, 2, 3}, 4), 1, 1e-12);
  EXPECT_NEAR(Unevenness({0, 0, 3}, 3), 2, 1e-12);
  EXPECT_EQ(Unevenness({1, 1, 1}, 3), 1);
}

TEST(ClassCentresTest, NearestIsByTheAngleToTheMean) {
  ClassCentres centres(3, 2);
  EXPECT_EQ(centres.Nearest({1, 0}), -1);
  centres.Add(0, {2, 0});
  centres.Add(2, {0, 1});
  centres.Add(2, {0, 3});
  EXPECT_EQ(centres.Nearest({5, 1}), 0);
  EXPECT_EQ(centres.Nearest({1, 5}), 2);
}

}  // namespace
}  // namespace facet::model
