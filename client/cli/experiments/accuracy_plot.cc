// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/accuracy_plot.h"

#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "client/cli/experiments/plot_ink.h"

namespace facet::cli {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 400;
constexpr int kLeft = 64;
constexpr int kRight = 24;
constexpr int kTop = 44;
constexpr int kBottom = 64;
constexpr int kKeyWidth = 190;

class Plot {
 public:
  explicit Plot(size_t places) : canvas_(kHeight, kWidth, CV_8UC3, kPlotPaper), places_(places) {}

  cv::Mat& canvas() { return canvas_; }

  // Places stand in the middles of equal parts of the axis.
  cv::Point At(size_t place, double accuracy) const {
    const double width = kWidth - kLeft - kRight - kKeyWidth;
    const double height = kHeight - kTop - kBottom;
    return {kLeft + static_cast<int>(width * (2.0 * place + 1) / (2.0 * places_)),
            kTop + static_cast<int>(height * (1 - accuracy))};
  }

  void DrawGrid() {
    for (int percent = 0; percent <= 100; percent += 20) {
      const int y = At(0, percent / 100.0).y;
      cv::line(canvas_, {kLeft, y}, {kWidth - kRight - kKeyWidth, y}, kPlotGrid);
      WriteOnPlot(canvas_, absl::StrCat(percent, " %"), {14, y + 5});
    }
  }

  void DrawLine(const AccuracyLine& line, const cv::Scalar& colour) {
    for (size_t i = 0; i < places_; ++i) {
      const cv::Point real = At(i, line.real[i]);
      cv::circle(canvas_, real, 3, colour, 1, cv::LINE_AA);
      cv::circle(canvas_, At(i, line.synthetic[i]), 4, colour, cv::FILLED, cv::LINE_AA);
      if (i == 0) continue;
      DrawDashedLine(canvas_, At(i - 1, line.real[i - 1]), real, colour);
      cv::line(canvas_, At(i - 1, line.synthetic[i - 1]), At(i, line.synthetic[i]), colour, 2, cv::LINE_AA);
    }
  }

  void DrawKey(const AccuracyLine& line, const cv::Scalar& colour, int row) {
    const int x = kWidth - kKeyWidth;
    const int y = kTop + 44 * row + 8;
    cv::line(canvas_, {x, y}, {x + 24, y}, colour, 2, cv::LINE_AA);
    WriteOnPlot(canvas_, absl::StrCat(line.label, ", synthetic"), {x + 30, y + 4});
    DrawDashedLine(canvas_, {x, y + 20}, {x + 24, y + 20}, colour);
    WriteOnPlot(canvas_, absl::StrCat(line.label, ", real"), {x + 30, y + 24});
  }

 private:
  cv::Mat canvas_;
  const size_t places_;
};

}  // namespace

cv::Mat DrawAccuracyPlot(const std::string& title, const std::string& axis, const std::vector<std::string>& places,
                         const std::vector<AccuracyLine>& lines) {
  Plot plot(places.size());
  WriteOnPlot(plot.canvas(), title, {14, 24});
  plot.DrawGrid();
  for (size_t i = 0; i < lines.size(); ++i) {
    const cv::Scalar& colour = PlotColour(i);
    plot.DrawLine(lines[i], colour);
    plot.DrawKey(lines[i], colour, static_cast<int>(i));
  }
  for (size_t i = 0; i < places.size(); ++i) {
    WriteOnPlot(plot.canvas(), places[i], plot.At(i, 0) + cv::Point(-4 * static_cast<int>(places[i].size()), 20));
  }
  WriteOnPlot(plot.canvas(), axis, {kLeft, kHeight - 16});
  return plot.canvas();
}

}  // namespace facet::cli
