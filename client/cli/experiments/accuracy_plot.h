// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_ACCURACY_PLOT_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_ACCURACY_PLOT_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace facet::cli {

// Accuracies in [0, 1], one at each place of the axis.
struct AccuracyLine {
  std::string label;
  std::vector<double> synthetic;  // drawn through
  std::vector<double> real;       // dashed, in the same colour
};

// Lines over an axis of 0 to 100 %, with a key. `places` are written below the
// axis, `axis` below them; every line has as many values as there are places.
cv::Mat DrawAccuracyPlot(const std::string& title, const std::string& axis, const std::vector<std::string>& places,
                         const std::vector<AccuracyLine>& lines);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_ACCURACY_PLOT_H_
