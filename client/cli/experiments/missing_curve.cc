// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/missing_curve.h"

#include "absl/strings/str_cat.h"
#include "client/cli/experiments/accuracy_plot.h"
#include "client/cli/experiments/markdown_table.h"
#include "client/cli/report_text.h"

namespace facet::cli {
namespace {

const v1::HeldOutReport& HeldOutOf(const ExperimentRun& run) {
  return run.report().held_out_size() > 0 ? run.report().held_out(0) : v1::HeldOutReport::default_instance();
}

v1::FeatureAccuracy AccuracyOf(const ExperimentRun& run, const std::string& feature) {
  for (const auto& accuracy : HeldOutOf(run).accuracy()) {
    if (accuracy.feature() == feature) return accuracy;
  }
  return {};
}

std::string WithCeiling(const v1::FeatureAccuracy& accuracy) {
  return absl::StrCat(FormatShare(accuracy.synthetic()), " (", FormatShare(accuracy.real()), ")");
}

}  // namespace

std::string MissingTable(const std::vector<int>& missing, const std::vector<ExperimentRun>& runs) {
  MarkdownTable table({"expressions missing", "images held out", "expression recognised (real)",
                       "identity recognised (real)", "PSNR", "SSIM", "distance to the nearest training image (real)"});
  for (size_t i = 0; i < runs.size(); ++i) {
    const v1::HeldOutReport& held_out = HeldOutOf(runs[i]);
    const v1::ImageMeasures& measures = held_out.measures();
    table.Add({absl::StrCat(missing[i]), absl::StrCat(held_out.cell_count()),
               WithCeiling(AccuracyOf(runs[i], "expression")), WithCeiling(AccuracyOf(runs[i], "identity")),
               absl::StrCat(FormatNumber(held_out.psnr_db()), " dB"), FormatNumber(measures.ssim()),
               absl::StrCat(FormatNumber(measures.nearest_distance()), " (",
                            FormatNumber(measures.real_nearest_distance()), ")")});
  }
  return table.ToString();
}

cv::Mat DrawMissingCurve(int expressions, const std::vector<int>& missing, const std::vector<ExperimentRun>& runs) {
  std::vector<AccuracyLine> lines;
  for (const char* feature : {"expression", "identity"}) {
    AccuracyLine line{feature, {}, {}};
    for (const ExperimentRun& run : runs) {
      const v1::FeatureAccuracy accuracy = AccuracyOf(run, feature);
      line.synthetic.push_back(accuracy.synthetic());
      line.real.push_back(accuracy.real());
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::string> places;
  for (const int count : missing) places.push_back(absl::StrCat(count));
  return DrawAccuracyPlot("Held-out expressions, recognised by the judge",
                          absl::StrCat("expressions that a person misses, of ", expressions), places, lines);
}

}  // namespace facet::cli
