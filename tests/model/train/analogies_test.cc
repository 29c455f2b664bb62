// SPDX-License-Identifier: Apache-2.0
#include "model/train/analogies.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

TEST(AnalogiesTest, ThePairDiffersFromTheImageInOneFeatureAndWithinInAnother) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = SplitWithout({2, 7}).train;
  const Analogies analogies(*dataset, images, kColour, kShade, 100);
  std::set<int64_t> used;
  for (size_t i = 0; i < 40 * images.size(); ++i) {
    const size_t position = i % images.size();
    CounterRandom random(3, "test", i);
    const auto pair = analogies.Draw(position, random);
    ASSERT_TRUE(pair.has_value());
    const auto own = dataset->labels(images[position]);
    const auto from = dataset->labels(pair->from);
    const auto to = dataset->labels(pair->to);
    EXPECT_NE(from[kColour], own[kColour]);
    EXPECT_EQ(to[kColour], from[kColour]);
    EXPECT_EQ(from[kShade], own[kShade]);
    EXPECT_NE(to[kShade], own[kShade]);
    EXPECT_EQ(from[kSide], own[kSide]);
    EXPECT_EQ(to[kSide], own[kSide]);
    used.insert({pair->from, pair->to});
  }
  EXPECT_EQ(used, std::set<int64_t>(images.begin(), images.end())) << "all of them, and none that is held out";
}

TEST(AnalogiesTest, WhereNothingChangesThereIsNone) {
  const auto dataset = MakeTinyDataset();
  CounterRandom random(3, "test", 0);
  // Left, first shade: red and green. Nobody has another shade.
  const std::vector<int64_t> still = {0, 4};
  EXPECT_FALSE(Analogies(*dataset, still, kColour, kShade, 100).Draw(0, random).has_value());
  // Red alone has another shade: nobody else changes as it might.
  const std::vector<int64_t> alone = {0, 1};
  EXPECT_FALSE(Analogies(*dataset, alone, kColour, kShade, 100).Draw(0, random).has_value());
}

TEST(AnalogiesTest, ThoseWhoDoNotChangeArePassedOver) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = {0, 4, 8, 9};  // red and green in one shade, blue in two
  const Analogies analogies(*dataset, images, kColour, kShade, 1);
  for (int i = 0; i < 20; ++i) {
    CounterRandom random(3, "test", i);
    const auto pair = analogies.Draw(0, random);
    ASSERT_TRUE(pair.has_value());
    EXPECT_EQ(pair->from, 8);
    EXPECT_EQ(pair->to, 9);
  }
}

// Shades differ less from their neighbours than from those further off.
TEST(AnalogiesTest, TheMostAlikeAreDrawnFrom) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = SplitWithout({}).train;
  const auto from = [&](int neighbours) {
    const Analogies analogies(*dataset, images, kShade, kColour, neighbours);
    std::set<int> shades;
    for (int i = 0; i < 200; ++i) {
      CounterRandom random(3, "test", i);
      shades.insert(dataset->labels(analogies.Draw(0, random)->from)[kShade]);
    }
    return shades;
  };
  EXPECT_EQ(from(1), std::set<int>({1}));
  EXPECT_EQ(from(2), std::set<int>({1, 2}));
  EXPECT_EQ(from(99), std::set<int>({1, 2, 3}));
}

}  // namespace
}  // namespace facet::model
