// SPDX-License-Identifier: Apache-2.0
#include "model/augment/wire_pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<WirePixels> Make(const std::string& text) {
  return WirePixels::Create(FromText<v1::StreamSpec>(text), 3);
}

// Two pixels side by side.
constexpr ImageShape kShape{1, 2, 3};
const std::vector<float> kImage = {0, 0.5f, 1, 0.25f, 0.75f, 0.1f};

template <typename Sample>
std::vector<Sample> Write(const std::string& text) {
  const WirePixels wire = Make(text).value();
  EXPECT_EQ(wire.bytes_per_sample(), sizeof(Sample));
  std::vector<Sample> samples(6);
  wire.Write(kShape, kImage, samples.data());
  return samples;
}

// What a half stands for, from its definition.
double Float16Value(uint16_t half) {
  const int exponent = (half >> 10) & 31, fraction = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 31) return sign * std::numeric_limits<double>::infinity();
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

TEST(ToFloat16Test, EveryHalfComesBack) {
  for (int half = 0; half < 0x7c00; ++half) {
    ASSERT_EQ(ToFloat16(static_cast<float>(Float16Value(half))), half);
    ASSERT_EQ(ToFloat16(-static_cast<float>(Float16Value(half))), half | 0x8000);
  }
}

TEST(ToFloat16Test, RoundsToTheNearestAndHalvesToEven) {
  for (int half = 0; half + 1 < 0x7c00; ++half) {
    const double low = Float16Value(half), high = Float16Value(half + 1);
    const float middle = static_cast<float>((low + high) / 2);  // exact
    ASSERT_EQ(ToFloat16(middle), half % 2 == 0 ? half : half + 1);
    ASSERT_EQ(ToFloat16(std::nextafter(middle, 0.0f)), half);
    ASSERT_EQ(ToFloat16(std::nextafter(middle, 1e9f)), half + 1);
  }
}

TEST(ToFloat16Test, KnowsTheEnds) {
  EXPECT_EQ(ToFloat16(65519), 0x7bff);
  EXPECT_EQ(ToFloat16(65520), 0x7c00);
  EXPECT_EQ(ToFloat16(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_EQ(ToFloat16(std::numeric_limits<float>::quiet_NaN()) & 0x7e00, 0x7e00);
}

TEST(ToBfloat16Test, RoundsToTheNearestAndHalvesToEven) {
  EXPECT_EQ(ToBfloat16(1.0f), 0x3f80);
  EXPECT_EQ(ToBfloat16(std::bit_cast<float>(0x3f808000u)), 0x3f80);
  EXPECT_EQ(ToBfloat16(std::bit_cast<float>(0x3f808001u)), 0x3f81);
  EXPECT_EQ(ToBfloat16(std::bit_cast<float>(0x3f818000u)), 0x3f82);
  EXPECT_EQ(ToBfloat16(std::numeric_limits<float>::infinity()), 0x7f80);
  EXPECT_GT(ToBfloat16(std::numeric_limits<float>::quiet_NaN()) & 0x7fff, 0x7f80);
}

TEST(WirePixelsTest, Uint8IsRounded) {
  EXPECT_THAT(Write<uint8_t>(""), ElementsAre(0, 128, 255, 64, 191, 26));
  EXPECT_THAT(Write<uint8_t>("layout: PIXEL_LAYOUT_NCHW"), ElementsAre(0, 64, 128, 191, 255, 26));
}

TEST(WirePixelsTest, FloatsAreNormalizedByChannel) {
  EXPECT_EQ(Write<float>("pixel_type: PIXEL_TYPE_FLOAT32"), kImage);
  EXPECT_THAT(Write<float>("pixel_type: PIXEL_TYPE_FLOAT32 layout: PIXEL_LAYOUT_NCHW "
                           "normalization { mean: 0.5 std: 1 std: 0.5 std: 0.25 }"),
              ElementsAre(-0.5f, -0.25f, 0, 0.5f, 2, (0.1f - 0.5f) * 4));
}

TEST(WirePixelsTest, SixteenBitFloatsAreRoundedAfterNormalization) {
  EXPECT_THAT(Write<uint16_t>("pixel_type: PIXEL_TYPE_FLOAT16 normalization { mean: 0.5 std: 0.5 }"),
              ElementsAre(0xbc00, 0, 0x3c00, 0xb800, 0x3800, ToFloat16((0.1f - 0.5f) * 2)));
  EXPECT_THAT(Write<uint16_t>("pixel_type: PIXEL_TYPE_BFLOAT16"),
              ElementsAre(0, 0x3f00, 0x3f80, 0x3e80, 0x3f40, 0x3dcd));
}

TEST(WirePixelsTest, RenderersWriteWhatTheyCan) {
  EXPECT_TRUE(Make("").value().rendered());
  EXPECT_TRUE(Make("pixel_type: PIXEL_TYPE_FLOAT32 layout: PIXEL_LAYOUT_NCHW").value().rendered());
  EXPECT_FALSE(Make("pixel_type: PIXEL_TYPE_FLOAT16").value().rendered());
  EXPECT_FALSE(Make("pixel_type: PIXEL_TYPE_FLOAT32 normalization { mean: 0 std: 1 }").value().rendered());
}

TEST(WirePixelsTest, RefusalsNameTheField) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"pixel_type: 77", "pixel_type"},
      {"layout: 77", "layout"},
      {"normalization { mean: 0 std: 1 }", "normalization"},
      {"pixel_type: PIXEL_TYPE_FLOAT32 normalization { std: 1 }", "normalization.mean"},
      {"pixel_type: PIXEL_TYPE_FLOAT32 normalization { mean: 0 mean: 0 std: 1 }", "normalization.mean"},
      {"pixel_type: PIXEL_TYPE_FLOAT32 normalization { mean: 0 std: 0 }", "normalization.std[0]"},
      {"pixel_type: PIXEL_TYPE_FLOAT32 normalization { mean: inf std: 1 }", "normalization.mean[0]"},
  };
  for (const auto& [text, field] : refused) EXPECT_EQ(GetErrorDetail(Make(text).status()).field, field) << text;
}

}  // namespace
}  // namespace facet::model
