// SPDX-License-Identifier: Apache-2.0
#include "model/render/finish_pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/random.h"

namespace facet::model {
namespace {

// One row of one-channel pixels.
template <typename T>
std::vector<T> FinishRow(const std::vector<float>& values, PixelType type) {
  const ImageShape shape = {1, static_cast<int>(values.size()), 1};
  std::vector<T> pixels(values.size());
  FinishRows(values.data(), values.size(), 0, 1, shape, {type, PixelLayout::kNhwc}, pixels.data());
  return pixels;
}

std::vector<float> RandomValues(size_t count) {
  std::vector<float> values(count);
  CounterRandom random(1, "values", 0);
  for (float& value : values) value = static_cast<float>(random.NextDouble() * 1.4 - 0.2);
  return values;
}

TEST(FinishPixelsTest, RoundsToTheNearest) {
  const std::vector<float> values = RandomValues(100'000);
  const std::vector<uint8_t> pixels = FinishRow<uint8_t>(values, PixelType::kUint8);
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(pixels[i], std::nearbyint(255.0f * std::clamp(values[i], 0.0f, 1.0f))) << values[i];
  }
}

TEST(FinishPixelsTest, RoundsHalvesToEven) {
  // Multiples of 0.5 / 255 whose product with 255 is exactly a half.
  std::vector<float> values;
  std::vector<int> expected;
  for (int i = 0; i < 255; ++i) {
    const float value = (static_cast<float>(i) + 0.5f) / 255.0f;
    if (value * 255.0f != static_cast<float>(i) + 0.5f) continue;
    values.push_back(value);
    expected.push_back(i % 2 == 0 ? i : i + 1);
  }
  ASSERT_GT(values.size(), 20u);
  const std::vector<uint8_t> pixels = FinishRow<uint8_t>(values, PixelType::kUint8);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(pixels[i], expected[i]) << values[i];
}

TEST(FinishPixelsTest, EveryByteComesBack) {
  std::vector<float> values(256);
  for (int i = 0; i < 256; ++i) values[i] = static_cast<float>(i) / 255.0f;
  const std::vector<uint8_t> pixels = FinishRow<uint8_t>(values, PixelType::kUint8);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(pixels[i], i);
}

TEST(FinishPixelsTest, ClampsWhatIsOutside) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values = {-1.0f,     -0.0f,      0.0f,       1e-42f,
                                     1.0f,      1.0000001f, 2.0f,       3e38f,
                                     kInfinity, -1e30f,     -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(FinishRow<uint8_t>(values, PixelType::kUint8),
            (std::vector<uint8_t>{0, 0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0}));
  EXPECT_EQ(FinishRow<float>(values, PixelType::kFloat32),
            (std::vector<float>{0, 0, 0, 1e-42f, 1, 1, 1, 1, 1, 0, 0, 0}));
}

template <typename T>
void ExpectLayout(PixelType type, PixelLayout layout, int channels) {
  const ImageShape shape = {5, 7, channels};
  const size_t stride = size_t{1} * 7 * channels + 9;  // rows with something between
  const std::vector<float> linear = RandomValues(5 * stride);
  const T untouched = 99;
  std::vector<T> pixels(shape.samples() + 3, untouched);
  FinishRows(linear.data(), stride, 1, 4, shape, {type, layout}, pixels.data());
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 7; ++x) {
      for (int c = 0; c < channels; ++c) {
        const size_t index = layout == PixelLayout::kNhwc ? (y * 7 + x) * channels + c : (c * 5 + y) * 7 + x;
        const float clamped = std::clamp(linear[y * stride + x * channels + c], 0.0f, 1.0f);
        const T value = static_cast<T>(type == PixelType::kUint8 ? std::nearbyint(255.0f * clamped) : clamped);
        ASSERT_EQ(pixels[index], y >= 1 && y < 4 ? value : untouched) << y << " " << x << " " << c;
      }
    }
  }
  for (size_t i = shape.samples(); i < pixels.size(); ++i) EXPECT_EQ(pixels[i], untouched);
}

TEST(FinishPixelsTest, WritesTheRowsItIsGivenInEachLayout) {
  for (const int channels : {1, 3, 4}) {
    for (const PixelLayout layout : {PixelLayout::kNhwc, PixelLayout::kNchw}) {
      SCOPED_TRACE(channels);
      ExpectLayout<uint8_t>(PixelType::kUint8, layout, channels);
      ExpectLayout<float>(PixelType::kFloat32, layout, channels);
    }
  }
}

}  // namespace
}  // namespace facet::model
