// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/plot_ink.h"

#include <algorithm>
#include <iterator>
#include <opencv2/imgproc.hpp>

namespace facet::cli {
namespace {

constexpr int kDash = 6;
constexpr double kFontScale = 0.45;

}  // namespace

const cv::Scalar kPlotPaper(255, 255, 255);
const cv::Scalar kPlotInk(40, 40, 40);
const cv::Scalar kPlotGrid(225, 225, 225);

const cv::Scalar& PlotColour(size_t series) {
  static const cv::Scalar colours[] = {{180, 110, 30}, {20, 120, 230}, {70, 150, 40}, {160, 70, 130}};
  return colours[series % std::size(colours)];
}

void WriteOnPlot(cv::Mat& canvas, const std::string& text, cv::Point place, const cv::Scalar& colour) {
  cv::putText(canvas, text, place, cv::FONT_HERSHEY_SIMPLEX, kFontScale, colour, 1, cv::LINE_AA);
}

int PlotTextWidth(const std::string& text) {
  int baseline = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kFontScale, 1, &baseline).width;
}

void DrawDashedLine(cv::Mat& canvas, cv::Point from, cv::Point to, const cv::Scalar& colour) {
  const double length = cv::norm(to - from);
  for (double at = 0; at < length; at += 2 * kDash) {
    const cv::Point2d step = cv::Point2d(to - from) / length;
    const double end = std::min(length, at + kDash);
    cv::line(canvas, cv::Point(cv::Point2d(from) + step * at), cv::Point(cv::Point2d(from) + step * end), colour, 1,
             cv::LINE_AA);
  }
}

}  // namespace facet::cli
