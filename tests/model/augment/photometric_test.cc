// SPDX-License-Identifier: Apache-2.0
#include "model/augment/photometric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace facet::model {
namespace {

using ::testing::Each;
using ::testing::FloatNear;
using ::testing::Pointwise;

constexpr ImageShape kShape{9, 7, 3};

std::vector<float> Random(uint64_t seed) {
  CounterRandom random(seed, "pixels", 0);
  std::vector<float> image(kShape.samples());
  for (float& sample : image) sample = static_cast<float>(random.NextDouble());
  return image;
}

std::vector<float> Apply(const Photometric& change, std::vector<float> image, const ImageShape& shape = kShape) {
  CounterRandom random(1, "noise", 0);
  std::vector<float> scratch;
  ApplyPhotometric(change, shape, random, scratch, absl::MakeSpan(image));
  return image;
}

TEST(PhotometricTest, NeutralValuesChangeNothing) { EXPECT_EQ(Apply({}, Random(1)), Random(1)); }

TEST(PhotometricTest, BrightnessIsAddedAndClamped) {
  const std::vector<float> image = Random(1);
  const std::vector<float> brighter = Apply({.brightness = 0.25f}, image);
  for (size_t i = 0; i < image.size(); ++i) EXPECT_FLOAT_EQ(brighter[i], std::min(1.0f, image[i] + 0.25f));
}

TEST(PhotometricTest, ContrastStretchesAboutMidGrey) {
  const std::vector<float> image = Random(1);
  EXPECT_THAT(Apply({.contrast = 0}, image), Each(FloatNear(0.5f, 1e-6f)));
  const std::vector<float> half = Apply({.contrast = 0.5f}, image);
  for (size_t i = 0; i < image.size(); ++i) EXPECT_NEAR(half[i], 0.25f + image[i] / 2, 1e-6);
}

TEST(PhotometricTest, WithoutSaturationAllChannelsHoldTheLuma) {
  const std::vector<float> image = Random(1);
  const std::vector<float> grey = Apply({.saturation = 0}, image);
  for (size_t p = 0; p < image.size(); p += 3) {
    const float luma = 0.299f * image[p] + 0.587f * image[p + 1] + 0.114f * image[p + 2];
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(grey[p + c], luma, 1e-6);
  }
}

TEST(PhotometricTest, BlurKeepsEvenImagesAndSpreadsAPoint) {
  EXPECT_THAT(Apply({.blur = 2.5f}, std::vector<float>(kShape.samples(), 0.3f)), Each(FloatNear(0.3f, 1e-5f)));
  constexpr ImageShape kWide{21, 21, 3};
  std::vector<float> point(kWide.samples());
  const size_t middle = (10 * 21 + 10) * 3 + 1;
  point[middle] = 1;
  const std::vector<float> spread = Apply({.blur = 1}, point, kWide);
  EXPECT_NEAR(std::accumulate(spread.begin(), spread.end(), 0.0), 1, 1e-4);
  EXPECT_NEAR(spread[middle], 0.159, 0.002);  // 1 / (2 pi)
  EXPECT_FLOAT_EQ(spread[middle - 3], spread[middle + 63]);
  EXPECT_NEAR(spread[middle + 3] / spread[middle], std::exp(-0.5), 1e-3);
  EXPECT_EQ(spread[middle - 1], 0);  // other channels are apart
}

TEST(PhotometricTest, NoiseHasItsDeviationAndItsKey) {
  constexpr ImageShape kLarge{64, 64, 3};
  const std::vector<float> grey(kLarge.samples(), 0.5f);
  const std::vector<float> noisy = Apply({.noise = 0.1f}, grey, kLarge);
  double squares = 0;
  for (const float x : noisy) squares += (x - 0.5) * (x - 0.5);
  EXPECT_NEAR(std::sqrt(squares / noisy.size()), 0.1, 0.003);
  EXPECT_EQ(Apply({.noise = 0.1f}, grey, kLarge), noisy);
}

TEST(SharpnessTest, IsZeroForEvenImagesAndSlopesAndFallsWithBlur) {
  EXPECT_EQ(Sharpness(kShape, std::vector<float>(kShape.samples(), 0.7f)), 0);
  std::vector<float> slope(kShape.samples());
  for (size_t i = 0; i < slope.size(); ++i) slope[i] = static_cast<float>(i / 3 % 7) / 8;  // a multiple of 1/8
  EXPECT_NEAR(Sharpness(kShape, slope), 0, 1e-6);
  EXPECT_GT(Sharpness(kShape, Random(1)), 2 * Sharpness(kShape, Apply({.blur = 1}, Random(1))));
  EXPECT_EQ(Sharpness({2, 9, 3}, std::vector<float>(54)), 0);
}

TEST(SharpnessTest, IsTheDeviationOfTheLaplacian) {
  // One white pixel in the middle of 5 x 5 black ones: among the nine inner
  // values are -4 once, 1 four times and 0 four times.
  std::vector<float> image(75);
  for (int c = 0; c < 3; ++c) image[(2 * 5 + 2) * 3 + c] = 1;
  EXPECT_NEAR(Sharpness({5, 5, 3}, image), std::sqrt(20.0 / 9), 1e-5);
}

}  // namespace
}  // namespace facet::model
