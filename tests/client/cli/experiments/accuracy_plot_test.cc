// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/accuracy_plot.h"

#include <opencv2/imgproc.hpp>

#include "gtest/gtest.h"

namespace facet::cli {
namespace {

cv::Mat Plot(std::vector<double> synthetic, std::vector<double> real) {
  return DrawAccuracyPlot("title", "axis", {"1", "2"}, {{"expression", std::move(synthetic), std::move(real)}});
}

// Differing pixels, as the rectangle around them.
cv::Rect Difference(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference, grey;
  cv::absdiff(a, b, difference);
  cv::cvtColor(difference, grey, cv::COLOR_BGR2GRAY);
  return cv::boundingRect(grey);
}

TEST(AccuracyPlotTest, HigherIsFurtherUp) {
  const cv::Mat low = Plot({0.1, 0.1}, {0.5, 0.5}), middle = Plot({0.3, 0.3}, {0.5, 0.5}),
                high = Plot({0.9, 0.9}, {0.5, 0.5});
  EXPECT_LT(Difference(low, high).y, Difference(low, middle).y);
}

TEST(AccuracyPlotTest, DrawsPlaceAfterPlace) {
  const cv::Mat flat = Plot({0.5, 0.5}, {0.5, 0.5});
  const cv::Rect first = Difference(flat, Plot({0.7, 0.5}, {0.5, 0.5}));
  const cv::Rect second = Difference(flat, Plot({0.5, 0.7}, {0.5, 0.5}));
  EXPECT_LT(first.x, second.x);
  EXPECT_LT(first.x + first.width, second.x + second.width);
}

TEST(AccuracyPlotTest, StaysOnThePaper) {
  const cv::Mat plot = Plot({0, 1}, {1, 0});
  EXPECT_EQ(plot.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(plot.at<cv::Vec3b>(plot.rows - 1, plot.cols - 1), cv::Vec3b(255, 255, 255));
}

}  // namespace
}  // namespace facet::cli
