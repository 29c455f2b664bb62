// SPDX-License-Identifier: Apache-2.0
#include "base/float16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace facet {
namespace {

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

TEST(FromFloat16Test, IsWhatTheHalfStandsFor) {
  for (int half = 0; half <= 0x7c00; ++half) {
    ASSERT_EQ(FromFloat16(static_cast<uint16_t>(half)), Float16Value(half));
    ASSERT_EQ(FromFloat16(static_cast<uint16_t>(half | 0x8000)), -Float16Value(half));
  }
  EXPECT_TRUE(std::signbit(FromFloat16(0x8000)));
  EXPECT_TRUE(std::isnan(FromFloat16(0x7e00)));
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

}  // namespace
}  // namespace facet
