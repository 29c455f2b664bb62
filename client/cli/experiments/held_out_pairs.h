// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_HELD_OUT_PAIRS_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_HELD_OUT_PAIRS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/experiments/experiment_run.h"
#include "client/cli/experiments/pair_sheet.h"

namespace facet::cli {

// Held-out images that a report names, rendered by the run's model, by their
// class of `feature`, or by rule where that is empty; at most `columns` of each,
// upright ones first.
absl::StatusOr<std::vector<PairGroup>> HeldOutPairs(client::Client& client, const ExperimentRun& run,
                                                    const std::string& feature, int columns);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_HELD_OUT_PAIRS_H_
