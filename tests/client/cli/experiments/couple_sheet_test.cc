// SPDX-License-Identifier: Apache-2.0
// What the server is asked for: augmentation_test.cc.
#include "client/cli/experiments/couple_sheet.h"

#include <opencv2/imgproc.hpp>

#include "gmock/gmock.h"

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

// Colours that no text has, not even where its edges are smoothed.
cv::Vec3b Colour(int number) { return {10, 200, static_cast<uint8_t>(number)}; }

cv::Mat Plain(int number) {
  const cv::Vec3b colour = Colour(number);
  return {96, 96, CV_8UC3, cv::Scalar(colour[0], colour[1], colour[2])};
}

// The rectangle around the pixels of a colour.
cv::Rect Find(const cv::Mat& picture, int number) {
  cv::Mat mask;
  cv::inRange(picture, Colour(number), Colour(number), mask);
  return cv::boundingRect(mask);
}

TEST(DrawCouplesTest, TheMixStandsBelowItsTwoOriginals) {
  const cv::Mat sheet = DrawCouples("title", {{"F01", "M07", "HA", Plain(1), Plain(2), Plain(3)},
                                              {"F02", "M08", "SU", Plain(51), Plain(52), Plain(53)}});
  for (const int couple : {1, 51}) {
    const cv::Rect first = Find(sheet, couple), second = Find(sheet, couple + 1), mix = Find(sheet, couple + 2);
    EXPECT_EQ(first.size(), cv::Size(96, 96));
    EXPECT_EQ(first.x, second.x);
    EXPECT_EQ(second.x, mix.x);
    EXPECT_LE(first.y + first.height, second.y);
    EXPECT_LE(second.y + second.height, mix.y);
  }
  EXPECT_LT(Find(sheet, 3).x, Find(sheet, 53).x);
}

}  // namespace
}  // namespace facet::cli
