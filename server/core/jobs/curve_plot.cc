// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/curve_plot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace facet::server {
namespace {

constexpr double kLeft = 70;
constexpr double kRight = 780;
constexpr const char* kColours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf"};

const char* ColourOf(size_t line) { return kColours[line % std::size(kColours)]; }

using Line = std::vector<std::pair<double, double>>;  // step, value

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// The round numbers (1, 2 or 5 times a power of ten apart) in [low, high], about
// `count` of them.
std::vector<double> RoundMarks(double low, double high, int count) {
  const double raw = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double ratio = raw / power;
  const double apart = power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  std::vector<double> marks;
  for (double i = std::ceil(low / apart); i * apart <= high; ++i) marks.push_back(i * apart);
  return marks;
}

// The same where `low` and `high` are logarithms: powers of ten, with 2 and 5
// times those where few powers lie between.
std::vector<double> LogarithmicMarks(double low, double high) {
  std::vector<double> marks;
  for (double power = std::floor(low); power <= high; ++power) {
    for (const int factor : {1, 2, 5}) {
      const double mark = power + std::log10(factor);
      if (mark >= low && mark <= high && (factor == 1 || high - low < 2)) marks.push_back(mark);
    }
  }
  return marks;
}

// A rectangle with axes: x in steps from 0, y between the values of its lines.
class Panel {
 public:
  Panel(double top, double bottom, bool logarithmic, double max_step)
      : top_(top), bottom_(bottom), logarithmic_(logarithmic), max_step_(std::max(1.0, max_step)) {}

  void Add(std::string name, Line line) {
    for (auto& [step, value] : line) {
      if (logarithmic_) value = std::log10(std::max(value, 1e-12));
      low_ = std::min(low_, value);
      high_ = std::max(high_, value);
    }
    lines_.emplace_back(std::move(name), std::move(line));
  }

  // Shows at least what lies between, of values that are as they are.
  void Show(double low, double high) {
    low_ = std::min(low_, low);
    high_ = std::max(high_, high);
  }

  // Names of lines stand below each other on the right: from the top on, or down
  // to the bottom.
  std::string Draw(absl::string_view label, bool names_at_top) {
    if (low_ > high_) low_ = 0, high_ = 1;
    if (high_ - low_ < 1e-9) low_ -= 0.5, high_ += 0.5;
    std::string svg = absl::StrFormat(
        "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"none\" stroke=\"#888\"/>\n"
        "<text x=\"%g\" y=\"%g\">%s</text>\n",
        kLeft, top_, kRight - kLeft, bottom_ - top_, kLeft, top_ - 6, Escape(label));
    DrawScale(&svg);
    const double names_height = 15.0 * static_cast<double>(lines_.size());
    const double names_top = names_at_top ? top_ + 16 : bottom_ + 7 - names_height;
    for (size_t i = 0; i < lines_.size(); ++i) DrawLine(i, names_top, &svg);
    return svg;
  }

  double X(double step) const { return kLeft + (kRight - kLeft) * step / max_step_; }
  double Y(double value) const { return bottom_ - (bottom_ - top_) * (value - low_) / (high_ - low_); }

 private:
  void DrawScale(std::string* svg) const {
    for (const double value : logarithmic_ ? LogarithmicMarks(low_, high_) : RoundMarks(low_, high_, 5)) {
      absl::StrAppendFormat(svg, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", kLeft - 6, Y(value) + 4,
                            logarithmic_ ? std::pow(10, value) : value);
      absl::StrAppendFormat(svg, "<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", kLeft, kRight,
                            Y(value), Y(value));
    }
    for (const double step : RoundMarks(0, max_step_, std::min(8, static_cast<int>(max_step_)))) {
      absl::StrAppendFormat(svg, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%.0f</text>\n", X(step),
                            bottom_ + 16, step);
    }
  }
  void DrawLine(size_t i, double names_top, std::string* svg) const {
    const auto& [name, line] = lines_[i];
    const char* colour = ColourOf(i);
    absl::StrAppendFormat(svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", colour);
    for (const auto& [step, value] : line) absl::StrAppendFormat(svg, "%.1f,%.1f ", X(step), Y(value));
    absl::StrAppendFormat(svg, "\"/>\n<text x=\"%g\" y=\"%g\" fill=\"%s\" text-anchor=\"end\">%s</text>\n", kRight - 8,
                          names_top + 15.0 * static_cast<double>(i), colour, Escape(name));
  }

  const double top_;
  const double bottom_;
  const bool logarithmic_;
  const double max_step_;
  double low_ = 1e300;
  double high_ = -1e300;
  std::vector<std::pair<std::string, Line>> lines_;
};

std::string DrawLosses(const v1::TrainingCurve& curve, double max_step) {
  std::map<std::string, Line> lines;
  for (const v1::CurvePoint& point : curve.points()) {
    for (const auto& [name, loss] : point.losses()) {
      if (std::isfinite(loss)) lines[name].emplace_back(point.step(), loss);
    }
  }
  Panel panel(50, 320, true, max_step);
  for (auto& [name, line] : lines) panel.Add(name, std::move(line));
  return panel.Draw("losses by step", true);
}

std::string DrawQuality(const v1::TrainingCurve& curve, double max_step) {
  Line line;
  const v1::Checkpoint* best = nullptr;
  for (const v1::Checkpoint& checkpoint : curve.checkpoints()) {
    line.emplace_back(checkpoint.step(), checkpoint.psnr_db());
    if (best == nullptr || checkpoint.psnr_db() >= best->psnr_db()) best = &checkpoint;
  }
  const bool held_out = best != nullptr && best->held_out();
  Panel panel(370, 480, false, max_step);
  if (best != nullptr) panel.Add(absl::StrFormat("best: %.2f dB at step %d", best->psnr_db(), best->step()), line);
  std::string svg = panel.Draw(held_out ? "PSNR of held-out images, dB" : "PSNR of training images, dB", false);
  for (const auto& [step, value] : line) {
    const bool is_best = best != nullptr && step == best->step();
    absl::StrAppendFormat(&svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\"/>\n", panel.X(step),
                          panel.Y(value), is_best ? 5 : 2, is_best ? "#d62728" : kColours[0]);
  }
  return svg;
}

// A line for each feature, and dashed in its colour what the judge makes of the
// real images.
std::string DrawAccuracy(const v1::AccuracyHistory& history, double max_step) {
  Panel panel(530, 680, false, max_step);
  panel.Show(0, 100);
  std::string marks;
  for (int f = 0; f < history.features_size(); ++f) {
    Line line;
    double last = 0;
    for (const v1::AccuracyHistory::Point& point : history.points()) {
      if (f >= point.accuracy_size()) continue;
      last = 100 * point.accuracy(f);
      line.emplace_back(point.step(), last);
    }
    if (line.empty() || f >= history.real_size()) continue;
    for (const auto& [step, value] : line) {
      absl::StrAppendFormat(&marks, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"%s\"/>\n", panel.X(step),
                            panel.Y(value), ColourOf(f));
    }
    const double ceiling = 100 * history.real(f);
    absl::StrAppendFormat(&marks,
                          "<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                          "stroke-dasharray=\"6 4\"/>\n",
                          kLeft, kRight, panel.Y(ceiling), panel.Y(ceiling), ColourOf(f));
    panel.Add(absl::StrFormat("%s: %.1f %% (real images %.1f %%)", history.features(f), last, ceiling),
              std::move(line));
  }
  const std::string label =
      absl::StrFormat("accuracy of %d %s images, %%, by an independent judge (dashed: of real ones)",
                      history.image_count(), history.held_out() ? "held-out" : "training");
  return absl::StrCat(panel.Draw(label, false), marks);
}

}  // namespace

std::string DrawCurve(absl::string_view title, const v1::TrainingCurve& curve) {
  double max_step = 0;
  for (const auto& point : curve.points()) max_step = std::max<double>(max_step, point.step());
  for (const auto& checkpoint : curve.checkpoints()) max_step = std::max<double>(max_step, checkpoint.step());
  const bool judged = curve.accuracy().points_size() > 0;
  const int height = judged ? 720 : 520;
  return absl::StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"", height,
                      "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"800\" height=\"", height,
                      "\" fill=\"white\"/>\n<text x=\"400\" y=\"22\" font-size=\"15\" text-anchor=\"middle\">",
                      Escape(title), "</text>\n", DrawLosses(curve, max_step), DrawQuality(curve, max_step),
                      judged ? DrawAccuracy(curve.accuracy(), max_step) : "", "</svg>\n");
}

}  // namespace facet::server
