// SPDX-License-Identifier: Apache-2.0
#include "model/augment/image_changes.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

absl::StatusOr<ImageChanges> Make(const std::string& text) {
  return ImageChanges::Create(FromText<v1::TransformRecipe>(text));
}

ImageChange DrawAt(const ImageChanges& changes, uint64_t index) {
  CounterRandom random(1, "test", index);
  return changes.Draw(random);
}

TEST(ImageChangesTest, AnEmptyRecipeChangesNothing) {
  const ImageChanges changes = Make("").value();
  EXPECT_FALSE(changes.moves_pixels());
  EXPECT_FALSE(changes.photometric());
  EXPECT_EQ(DrawAt(changes, 5), ImageChange());
}

TEST(ImageChangesTest, DrawsEachSquareTransformAsOften) {
  const ImageChanges changes = Make(
                                   "square: SQUARE_TRANSFORM_IDENTITY square: SQUARE_TRANSFORM_ROTATE_90 "
                                   "square: SQUARE_TRANSFORM_MIRROR_ROTATE_270")
                                   .value();
  EXPECT_TRUE(changes.moves_pixels());
  std::array<int, 3> seen{};
  for (int i = 0; i < 3000; ++i) {
    const SquareTransform square = DrawAt(changes, i).square;
    if (square == SquareTransform{0, false}) ++seen[0];
    if (square == SquareTransform{1, false}) ++seen[1];
    if (square == SquareTransform{3, true}) ++seen[2];
  }
  EXPECT_EQ(seen[0] + seen[1] + seen[2], 3000);
  for (const int count : seen) EXPECT_NEAR(count, 1000, 120);
}

TEST(ImageChangesTest, DrawsWithinTheRangesAndLeavesTheOthersAlone) {
  const ImageChanges changes = Make("brightness { min: -0.2 max: 0.1 } contrast { min: 1.5 max: 1.5 }").value();
  float least = 1, most = -1;
  for (int i = 0; i < 500; ++i) {
    const Photometric drawn = DrawAt(changes, i).photometric;
    least = std::min(least, drawn.brightness);
    most = std::max(most, drawn.brightness);
    EXPECT_EQ(drawn.contrast, 1.5f);
    EXPECT_EQ(drawn.saturation, 1);
    EXPECT_EQ(drawn.noise, 0);
    EXPECT_EQ(drawn.blur, 0);
  }
  EXPECT_GE(least, -0.2f);
  EXPECT_LT(least, -0.19f);
  EXPECT_LE(most, 0.1f);
  EXPECT_GT(most, 0.09f);
}

TEST(ImageChangesTest, RefusalsNameTheField) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"square: 12", "square[0]"},
      {"square: SQUARE_TRANSFORM_UNSPECIFIED", "square[0]"},
      {"square: SQUARE_TRANSFORM_MIRROR square: SQUARE_TRANSFORM_MIRROR", "square[1]"},
      {"blur { min: 0 max: 5 }", "blur"},
      {"saturation { min: -1 max: 1 }", "saturation"},
      {"contrast { min: 2 max: 1 }", "contrast"},
      {"brightness { min: -2 max: 0 }", "brightness"},
      {"noise { min: nan max: 1 }", "noise"},
  };
  for (const auto& [text, field] : refused) EXPECT_EQ(GetErrorDetail(Make(text).status()).field, field) << text;
}

}  // namespace
}  // namespace facet::model
