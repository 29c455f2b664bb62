// SPDX-License-Identifier: Apache-2.0
#include "model/train/analogies.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

class AnalogiesTest : public testing::Test {
 protected:
  std::optional<Analogies::Analogy> Draw(const Analogies& analogies, int number) {
    CounterRandom random(3, "test", number);
    return analogies.Draw(random);
  }
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();  // images: 12 of a side, 4 of a colour, 1 of a shade
};

TEST_F(AnalogiesTest, AreOfCellsWithoutAnImageByThoseWhoHaveBoth) {
  const std::vector<int64_t> images = SplitWithout({2, 7, 17}).train;
  const Analogies analogies(*dataset_, images, kColour, kShade, 100);
  std::set<int64_t> made;  // the cells
  for (int i = 0; i < 500; ++i) {
    const auto analogy = Draw(analogies, i);
    ASSERT_TRUE(analogy.has_value());
    const auto image = dataset_->labels(analogy->image);
    const auto from = dataset_->labels(analogy->from);
    const auto to = dataset_->labels(analogy->to);
    EXPECT_NE(from[kColour], image[kColour]);
    EXPECT_EQ(to[kColour], from[kColour]);
    EXPECT_EQ(from[kShade], image[kShade]);
    EXPECT_EQ(from[kSide], image[kSide]);
    EXPECT_EQ(to[kSide], image[kSide]);
    for (const int64_t used : {analogy->image, analogy->from, analogy->to}) {
      EXPECT_EQ(std::count(images.begin(), images.end(), used), 1) << "none that is held out";
    }
    made.insert(12 * image[kSide] + 4 * image[kColour] + to[kShade]);
  }
  EXPECT_EQ(made, std::set<int64_t>({2, 7, 17}));
}

TEST_F(AnalogiesTest, WhereNoCellLacksImagesThereIsNone) {
  EXPECT_FALSE(Draw(Analogies(*dataset_, SplitWithout({}).train, kColour, kShade, 100), 0).has_value());
}

TEST_F(AnalogiesTest, WhereNobodyChangesThereIsNone) {
  // Left, first shade: red and green. Nobody has another shade.
  const std::vector<int64_t> still = {0, 4};
  EXPECT_FALSE(Draw(Analogies(*dataset_, still, kColour, kShade, 100), 0).has_value());
  // Red alone has another shade, and lacks no other that somebody has.
  const std::vector<int64_t> alone = {0, 1};
  EXPECT_FALSE(Draw(Analogies(*dataset_, alone, kColour, kShade, 100), 0).has_value());
}

// Shades differ less from their neighbours than from those further off.
TEST_F(AnalogiesTest, TheMostAlikeAreDrawnFrom) {
  const std::vector<int64_t> images = SplitWithout({4}).train;  // left, green, of the first shade
  const auto from = [&](int neighbours) {
    const Analogies analogies(*dataset_, images, kShade, kColour, neighbours);
    std::set<int> shades;
    for (int i = 0; i < 200; ++i) shades.insert(dataset_->labels(Draw(analogies, i)->from)[kShade]);
    return shades;
  };
  EXPECT_EQ(from(1), std::set<int>({1}));
  EXPECT_EQ(from(2), std::set<int>({1, 2}));
  EXPECT_EQ(from(99), std::set<int>({1, 2, 3}));
}

}  // namespace
}  // namespace facet::model
