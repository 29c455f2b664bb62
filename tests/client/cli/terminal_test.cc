// SPDX-License-Identifier: Apache-2.0
#include "client/cli/terminal.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(DrawImageTest, TwoPixelsAreACharacter) {
  cv::Mat picture(4, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  picture.at<cv::Vec3b>(0, 0) = cv::Vec3b(1, 2, 3);
  picture.at<cv::Vec3b>(1, 0) = cv::Vec3b(4, 5, 6);
  const std::string text = DrawImage(picture, 80);
  EXPECT_EQ(Count(text, "\n"), 2);
  EXPECT_EQ(Count(text, "▀"), 6);
  EXPECT_THAT(text, testing::StartsWith("\x1b[38;2;3;2;1m\x1b[48;2;6;5;4m▀"));
  EXPECT_THAT(text, testing::EndsWith("\x1b[0m\n"));
}

TEST(DrawImageTest, TheLastLineOfAnOddPictureIsDrawn) {
  const cv::Mat picture(3, 1, CV_8UC3, cv::Scalar(7, 7, 7));
  EXPECT_EQ(Count(DrawImage(picture, 80), "7;7;7"), 3);
}

TEST(DrawImageTest, WidePicturesAreShrunk) {
  const cv::Mat picture(100, 200, CV_8UC3, cv::Scalar(9, 9, 9));
  const std::string text = DrawImage(picture, 50);
  EXPECT_EQ(Count(text, "▀"), 50 * Count(text, "\n"));
  EXPECT_THAT(text, testing::HasSubstr("9;9;9"));
}

TEST(TerminalColumnsTest, IsNeverNothing) { EXPECT_GT(TerminalColumns(), 0); }

}  // namespace
}  // namespace facet::cli
