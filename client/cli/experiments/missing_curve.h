// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_MISSING_CURVE_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_MISSING_CURVE_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "client/cli/experiments/experiment_run.h"

namespace facet::cli {

// What each run makes of its held-out cells, as a table in Markdown: one row a
// run. `missing` has the number of missing expressions of each.
std::string MissingTable(const std::vector<int>& missing, const std::vector<ExperimentRun>& runs);

// The same accuracies as lines.
cv::Mat DrawMissingCurve(int expressions, const std::vector<int>& missing, const std::vector<ExperimentRun>& runs);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_MISSING_CURVE_H_
