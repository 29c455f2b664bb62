// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_SEED_PLOT_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_SEED_PLOT_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "facet/v1/report.pb.h"

namespace facet::cli {

// Accuracies in [0, 1] of the same thing learnt anew with each seed.
struct SeedRow {
  std::string label;
  std::vector<double> seeds;
  double mean = 0;
};

// Rows below one another; the first is what the others are compared with.
struct SeedPanel {
  std::string label;
  std::vector<SeedRow> rows;
};

// One panel for each test, with a row for each source.
std::vector<SeedPanel> SeedPanels(const v1::AugmentationReport& report);

// A dot for each seed and a bar at the mean, whose figure stands beside it; in
// each panel a dashed line at the mean of the first row. All panels share one
// axis, which spans what there is and not all of 0 to 100 %: a difference of a
// few points is to be seen. The picture grows with panels and rows.
cv::Mat DrawSeedPlot(const std::string& title, const std::vector<SeedPanel>& panels);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_SEED_PLOT_H_
