// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/pair_sheet.h"

#include "gmock/gmock.h"
#include "tests/client/cli/pixels.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

const cv::Vec3b kReal(200, 10, 10);
const cv::Vec3b kSynthetic(10, 10, 200);

ImagePair Pair(const std::string& expression, int side = 84) {
  return {{"F01", expression, "r0"}, Plain(side, side, kReal), Plain(side, side, kSynthetic)};
}

v1::FeatureSchema Faces() {
  return FromText<v1::FeatureSchema>(R"(
    features { name: "identity" classes: ["F01", "M02"] }
    features { name: "expression" classes: ["DI", "HA", "SU"] }
    features { name: "transform" classes: ["r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"] })");
}

TEST(GroupPairsTest, GroupsComeInTheOrderOfTheClasses) {
  std::vector<ImagePair> pairs = {Pair("SU"), Pair("DI"), Pair("SU"), Pair("SU"), Pair("SU")};
  pairs[3].classes[0] = "M02";
  const auto groups = GroupPairs(Faces(), 1, pairs, 2, Upright::kFirst);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].label, "DI");
  EXPECT_EQ(groups[0].pairs.size(), 1u);
  EXPECT_EQ(groups[1].label, "SU");
  ASSERT_EQ(groups[1].pairs.size(), 2u) << "at most";
  EXPECT_EQ(groups[1].pairs[1].classes[0], "M02") << "spread over them";
}

// As the evaluation names them: some transforms of each person, which upright
// ones must not be lost among.
TEST(GroupPairsTest, EveryPersonOfAGroupIsThereUpright) {
  std::vector<ImagePair> pairs;
  for (const char* person : {"F01", "M02"}) {
    for (const char* transform : {"r90", "r180", "r270", "m0", "m90", "m180", "r0"}) {
      pairs.push_back(Pair("HA"));
      pairs.back().classes = {person, "HA", transform};
    }
  }
  std::erase_if(pairs, [](const ImagePair& pair) { return pair.classes[0] == "M02" && pair.classes[2] == "r0"; });
  for (const size_t longest : {2u, 3u, 8u}) {
    const auto groups = GroupPairs(Faces(), 1, pairs, longest, Upright::kFirst);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_THAT(groups[0].pairs, SizeIs(longest));
    EXPECT_THAT(groups[0].pairs, Contains(Field(&ImagePair::classes, ElementsAre("F01", "HA", "r0"))));
    EXPECT_THAT(groups[0].pairs, Contains(Field(&ImagePair::classes, ElementsAre("M02", "HA", "m0"))));
  }
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
