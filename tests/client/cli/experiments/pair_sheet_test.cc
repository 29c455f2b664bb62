// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/pair_sheet.h"

#include "gmock/gmock.h"
#include "tests/client/cli/pixels.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const cv::Vec3b kReal(200, 10, 10);
const cv::Vec3b kSynthetic(10, 10, 200);

ImagePair Pair(const std::string& expression, int side = 84) {
  return {{"F01", expression}, Plain(side, side, kReal), Plain(side, side, kSynthetic)};
}

TEST(SpreadIndicesTest, AreSpreadOverAll) {
  EXPECT_THAT(SpreadIndices(100, 4), ElementsAre(0, 25, 50, 75));
  EXPECT_THAT(SpreadIndices(3, 8), ElementsAre(0, 1, 2));
  EXPECT_THAT(SpreadIndices(0, 8), IsEmpty());
}

TEST(GroupPairsTest, GroupsComeInTheOrderOfTheClasses) {
  v1::Feature expression;
  expression.set_name("expression");
  for (const char* name : {"DI", "HA", "SU"}) expression.add_classes(name);
  std::vector<ImagePair> pairs = {Pair("SU"), Pair("DI"), Pair("SU"), Pair("SU"), Pair("SU")};
  pairs[3].classes[0] = "M02";
  const auto groups = GroupPairs(expression, 1, pairs, 2);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].label, "DI");
  EXPECT_EQ(groups[0].pairs.size(), 1u);
  EXPECT_EQ(groups[1].label, "SU");
  ASSERT_EQ(groups[1].pairs.size(), 2u) << "at most";
  EXPECT_EQ(groups[1].pairs[1].classes[0], "M02") << "spread over them";
}

TEST(DrawPairsTest, SyntheticStandsAboveReal) {
  const cv::Mat sheet = DrawPairs("title", {{"DI", {Pair("DI")}}}, 1);
  EXPECT_EQ(Count(sheet, kReal), 84 * 84);
  EXPECT_EQ(Count(sheet, kSynthetic), 84 * 84);
  const cv::Rect real = Around(sheet, kReal), synthetic = Around(sheet, kSynthetic);
  EXPECT_EQ(real.x, synthetic.x);
  EXPECT_EQ(real.y, synthetic.y + 84 + 2);
}

TEST(DrawPairsTest, LongGroupsGoOnInTheNextBand) {
  const std::vector<PairGroup> groups = {{"DI", {Pair("DI"), Pair("DI"), Pair("DI")}}, {"HA", {Pair("HA")}}};
  const cv::Mat two = DrawPairs("title", groups, 2), four = DrawPairs("title", groups, 4);
  EXPECT_EQ(Count(two, kReal), 4 * 84 * 84);
  EXPECT_GT(two.rows, 3 * 168) << "two bands of the first group, one of the second";
  EXPECT_LT(four.rows, 3 * 168);
}

TEST(DrawPairsTest, SheetIsNoWiderThanTheLongestGroup) {
  const std::vector<PairGroup> groups = {{"DI", {Pair("DI"), Pair("DI")}}};
  EXPECT_EQ(DrawPairs("t", groups, 8).cols, DrawPairs("t", groups, 2).cols);
}

TEST(DrawPairsTest, SmallImagesAreEnlarged) {
  EXPECT_EQ(Count(DrawPairs("title", {{"", {Pair("DI", 28)}}}, 1), kReal), 84 * 84);
}

}  // namespace
}  // namespace facet::cli
