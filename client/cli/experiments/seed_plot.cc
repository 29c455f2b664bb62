// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/seed_plot.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "client/cli/experiments/plot_ink.h"
#include "client/cli/report_text.h"

namespace facet::cli {
namespace {

constexpr int kWidth = 760;
constexpr int kMargin = 14;
constexpr int kRight = 90;  // of the means' figures
constexpr int kTop = 44;
constexpr int kBottom = 40;
constexpr int kRowHeight = 34;
constexpr int kPanelHead = 30;
constexpr int kPanelGap = 14;
constexpr int kMostTicks = 8;

// The part of the axis that is drawn, in percent.
struct Axis {
  int low = 0;
  int high = 100;
  int step = 20;
};

// Ends at ticks, the closest of which there are not too many.
Axis AxisOf(const std::vector<SeedPanel>& panels) {
  double low = 1;
  double high = 0;
  const auto hold = [&](double accuracy) {
    low = std::min(low, accuracy);
    high = std::max(high, accuracy);
  };
  for (const SeedPanel& panel : panels) {
    for (const SeedRow& row : panel.rows) {
      hold(row.mean);
      for (const double accuracy : row.seeds) hold(accuracy);
    }
  }
  Axis axis;
  if (low > high) return axis;
  for (const int step : {1, 2, 5, 10, 20}) {
    axis.step = step;
    axis.low = std::max(0, static_cast<int>(std::floor(100 * low / step)) * step);
    axis.high = std::min(100, static_cast<int>(std::ceil(100 * high / step)) * step);
    if (axis.high == axis.low && axis.high == 100) axis.low -= step;
    if (axis.high == axis.low) axis.high += step;
    if ((axis.high - axis.low) / step < kMostTicks) break;
  }
  return axis;
}

class Plot {
 public:
  Plot(const std::vector<SeedPanel>& panels, const Axis& axis) : axis_(axis) {
    int height = kTop + kBottom;
    for (const SeedPanel& panel : panels) {
      height += kPanelHead + kRowHeight * static_cast<int>(panel.rows.size()) + kPanelGap;
      for (const SeedRow& row : panel.rows) left_ = std::max(left_, kMargin + PlotTextWidth(row.label) + 2 * kMargin);
    }
    canvas_ = cv::Mat(height, kWidth, CV_8UC3, kPlotPaper);
  }

  cv::Mat& canvas() { return canvas_; }

  // Returns where the next panel begins.
  int DrawPanel(const SeedPanel& panel, int top) {
    WriteOnPlot(canvas_, panel.label, {kMargin, top + 16});
    const int first = top + kPanelHead;
    const int end = first + kRowHeight * static_cast<int>(panel.rows.size());
    for (int percent = axis_.low; percent <= axis_.high; percent += axis_.step) {
      cv::line(canvas_, {At(percent / 100.0), first}, {At(percent / 100.0), end}, kPlotGrid);
    }
    if (!panel.rows.empty()) {
      DrawDashedLine(canvas_, {At(panel.rows[0].mean), first}, {At(panel.rows[0].mean), end}, kPlotInk);
    }
    for (size_t i = 0; i < panel.rows.size(); ++i) {
      DrawRow(panel.rows[i], first + kRowHeight * static_cast<int>(i), PlotColour(i));
    }
    return end + kPanelGap;
  }

  void DrawAxis(int top) {
    for (int percent = axis_.low; percent <= axis_.high; percent += axis_.step) {
      const std::string text = absl::StrCat(percent, " %");
      WriteOnPlot(canvas_, text, {At(percent / 100.0) - PlotTextWidth(text) / 2, top + 8});
    }
  }

 private:
  int At(double accuracy) const {
    const double share = (100 * accuracy - axis_.low) / (axis_.high - axis_.low);
    return left_ + static_cast<int>(std::lround(share * (kWidth - left_ - kRight)));
  }

  // Seeds stand below one another, so that equal ones are all seen.
  void DrawRow(const SeedRow& row, int top, const cv::Scalar& colour) {
    WriteOnPlot(canvas_, row.label, {kMargin, top + kRowHeight / 2 + 5});
    const int mean = At(row.mean);
    cv::rectangle(canvas_, {mean - 1, top + 5}, {mean + 1, top + kRowHeight - 5}, colour, cv::FILLED);
    const double step = (kRowHeight - 16.0) / static_cast<double>(std::max<size_t>(1, row.seeds.size()));
    for (size_t i = 0; i < row.seeds.size(); ++i) {
      const int y = top + 8 + static_cast<int>(step * (static_cast<double>(i) + 0.5));
      cv::circle(canvas_, {At(row.seeds[i]), y}, 3, colour, cv::FILLED, cv::LINE_AA);
    }
    WriteOnPlot(canvas_, FormatShare(row.mean), {kWidth - kRight + kMargin, top + kRowHeight / 2 + 5}, colour);
  }

  const Axis axis_;
  int left_ = 0;
  cv::Mat canvas_;
};

}  // namespace

std::vector<SeedPanel> SeedPanels(const v1::AugmentationReport& report) {
  std::vector<SeedPanel> panels;
  for (const auto& source : report.sources()) {
    for (const auto& test : source.tests()) {
      const std::string label = absl::StrCat(test.name(), ": ", test.images(), " images");
      auto panel = std::find_if(panels.begin(), panels.end(), [&](const auto& p) { return p.label == label; });
      if (panel == panels.end()) panel = panels.insert(panels.end(), {label, {}});
      panel->rows.push_back({source.name(), {test.accuracy().begin(), test.accuracy().end()}, test.mean_accuracy()});
    }
  }
  return panels;
}

cv::Mat DrawSeedPlot(const std::string& title, const std::vector<SeedPanel>& panels) {
  Plot plot(panels, AxisOf(panels));
  WriteOnPlot(plot.canvas(), title, {kMargin, 24});
  int top = kTop;
  for (const SeedPanel& panel : panels) top = plot.DrawPanel(panel, top);
  plot.DrawAxis(top);
  return plot.canvas();
}

}  // namespace facet::cli
