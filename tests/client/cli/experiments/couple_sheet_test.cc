// SPDX-License-Identifier: Apache-2.0
// What the server is asked for: augmentation_test.cc.
#include "client/cli/experiments/couple_sheet.h"

#include "gmock/gmock.h"
#include "tests/client/cli/pixels.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ChooseCouplesTest, TwoDifferInOneFeatureAlone) {
  EXPECT_THAT(ChooseCouples({{"F01", "HA"}, {"F02", "SU"}, {"F01", "SU"}, {"F03", "HA"}}, 0, 8),
              ElementsAre(Pair(0, 3), Pair(1, 2)));
  EXPECT_THAT(ChooseCouples({{"HA", "F01"}, {"HA", "F02"}}, 1, 8), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(ChooseCouples({{"F01", "HA"}, {"F01", "HA"}, {"F02", "SU"}}, 0, 8), IsEmpty());
}

TEST(ChooseCouplesTest, CombinationsOfTheOthersTakeTurns) {
  const std::vector<std::vector<std::string>> classes = {{"F01", "HA"}, {"F02", "HA"}, {"F03", "HA"}, {"F04", "HA"},
                                                         {"F01", "SU"}, {"F02", "SU"}, {"F03", "SU"}, {"F04", "SU"}};
  EXPECT_THAT(ChooseCouples(classes, 0, 3), ElementsAre(Pair(0, 1), Pair(4, 5), Pair(2, 3)));
  EXPECT_THAT(ChooseCouples(classes, 0, 99), ElementsAre(Pair(0, 1), Pair(4, 5), Pair(2, 3), Pair(6, 7)))
      << "no image twice";
}

TEST(ChooseCouplesTest, TheSamePersonIsPassedOver) {
  EXPECT_THAT(ChooseCouples({{"F01", "HA"}, {"F01", "HA"}, {"F02", "HA"}, {"F03", "HA"}, {"F04", "HA"}}, 0, 8),
              ElementsAre(Pair(0, 2), Pair(3, 4)));
}

// A colour that no text has, not even where its edges are smoothed.
cv::Vec3b Colour(int number) { return {10, 200, static_cast<uint8_t>(number)}; }

cv::Mat Picture(int number) { return Plain(96, 96, Colour(number)); }

TEST(DrawCouplesTest, TheMixStandsBelowItsTwoOriginals) {
  const cv::Mat sheet = DrawCouples("title", {{"F01", "M07", "HA", Picture(1), Picture(2), Picture(3)},
                                              {"F02", "M08", "SU", Picture(51), Picture(52), Picture(53)}});
  for (const int couple : {1, 51}) {
    const cv::Rect first = Around(sheet, Colour(couple)), second = Around(sheet, Colour(couple + 1));
    const cv::Rect mix = Around(sheet, Colour(couple + 2));
    EXPECT_EQ(first.size(), cv::Size(96, 96));
    EXPECT_EQ(first.x, second.x);
    EXPECT_EQ(second.x, mix.x);
    EXPECT_LE(first.y + first.height, second.y);
    EXPECT_LE(second.y + second.height, mix.y);
  }
  EXPECT_LT(Around(sheet, Colour(3)).x, Around(sheet, Colour(53)).x);
}

}  // namespace
}  // namespace facet::cli
