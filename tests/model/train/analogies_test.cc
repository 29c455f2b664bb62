// SPDX-License-Identifier: Apache-2.0
#include "model/train/analogies.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

class AnalogiesTest : public testing::Test {
 protected:
  static Analogies::Analogy Draw(const Analogies& analogies, int number) {
    CounterRandom random(3, "test", number);
    return analogies.Draw(random);
  }
  int CellOf(const Analogies::Analogy& analogy) const {
    const auto image = dataset_->labels(analogy.image);
    return 12 * image[kSide] + 4 * image[kColour] + dataset_->labels(analogy.to)[kShade];
  }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();  // images: 12 of a side, 4 of a colour, 1 of a shade
};

TEST_F(AnalogiesTest, AreOfCellsWithoutAnImageByThoseWhoHaveBoth) {
  const std::vector<int64_t> images = SplitWithout({2, 7, 17}).train;
  const Analogies analogies(*dataset_, images, kColour, kShade, 100);
  std::set<int> made;  // the cells
  for (int i = 0; i < 500; ++i) {
    const Analogies::Analogy analogy = Draw(analogies, i);
    const auto image = dataset_->labels(analogy.image);
    const auto from = dataset_->labels(analogy.from);
    const auto to = dataset_->labels(analogy.to);
    EXPECT_NE(from[kColour], image[kColour]);
    EXPECT_EQ(to[kColour], from[kColour]);
    EXPECT_EQ(from[kShade], image[kShade]);
    EXPECT_EQ(from[kSide], image[kSide]);
    EXPECT_EQ(to[kSide], image[kSide]);
    for (const int64_t used : {analogy.image, analogy.from, analogy.to}) {
      EXPECT_EQ(std::count(images.begin(), images.end(), used), 1) << "none that is held out";
    }
    made.insert(CellOf(analogy));
  }
  EXPECT_EQ(made, std::set<int>({2, 7, 17}));
}

TEST_F(AnalogiesTest, EachCellIsEquallyLikely) {
  // Of left green there is one image alone; of right blue all but one.
  const Analogies analogies(*dataset_, SplitWithout({5, 6, 7, 23}).train, kColour, kShade, 100);
  std::map<int, int> made;
  for (int i = 0; i < 4000; ++i) ++made[CellOf(Draw(analogies, i))];
  ASSERT_EQ(made.size(), 4u);
  for (const auto& [cell, times] : made) EXPECT_NEAR(times, 1000, 150) << cell;
}

// Where those who look most like one have another class than the one that is
// missing, those further off who have it serve.
TEST_F(AnalogiesTest, WhoeverHasTheMissingClassTeachesIt) {
  // Of shades as people and colours as expressions: the first one, red alone, is
  // most like the second, who is red and green; the fourth is red and blue.
  const std::vector<int64_t> images = {0, 1, 5, 3, 11};
  const Analogies analogies(*dataset_, images, kShade, kColour, 1);
  std::set<std::pair<int64_t, int64_t>> used;
  for (int i = 0; i < 200; ++i) {
    const Analogies::Analogy analogy = Draw(analogies, i);
    if (analogy.image == 0) used.emplace(analogy.from, analogy.to);
  }
  EXPECT_EQ(used, (std::set<std::pair<int64_t, int64_t>>{{1, 5}, {3, 11}}));
}

TEST_F(AnalogiesTest, WhereNoCellLacksImagesThereIsNone) {
  EXPECT_TRUE(Analogies(*dataset_, SplitWithout({}).train, kColour, kShade, 100).empty());
}

TEST_F(AnalogiesTest, WhereNobodyChangesThereIsNone) {
  // Left, first shade: red and green. Nobody has another shade.
  EXPECT_TRUE(Analogies(*dataset_, std::vector<int64_t>{0, 4}, kColour, kShade, 100).empty());
  // Red alone has another shade, and lacks no other that somebody has.
  EXPECT_TRUE(Analogies(*dataset_, std::vector<int64_t>{0, 1}, kColour, kShade, 100).empty());
  // Green has what red lacks, but nothing that red has.
  EXPECT_TRUE(Analogies(*dataset_, std::vector<int64_t>{0, 5, 6}, kColour, kShade, 100).empty());
}

// Shades differ less from their neighbours than from those further off.
TEST_F(AnalogiesTest, TheMostAlikeAreDrawnFrom) {
  const std::vector<int64_t> images = SplitWithout({4}).train;  // left, green, of the first shade
  const auto from = [&](int neighbours) {
    const Analogies analogies(*dataset_, images, kShade, kColour, neighbours);
    std::set<int> shades;
    for (int i = 0; i < 200; ++i) shades.insert(dataset_->labels(Draw(analogies, i).from)[kShade]);
    return shades;
  };
  EXPECT_EQ(from(1), std::set<int>({1}));
  EXPECT_EQ(from(2), std::set<int>({1, 2}));
  EXPECT_EQ(from(99), std::set<int>({1, 2, 3}));
}

}  // namespace
}  // namespace facet::model
