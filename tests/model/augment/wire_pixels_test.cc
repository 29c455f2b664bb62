// SPDX-License-Identifier: Apache-2.0
#include "model/augment/wire_pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/float16.h"
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
