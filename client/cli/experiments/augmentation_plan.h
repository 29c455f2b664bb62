// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_AUGMENTATION_PLAN_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_AUGMENTATION_PLAN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/experiments/experiment_options.h"
#include "client/cli/experiments/images.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// The three data sets of the experiment, from one folder.
struct AugmentationImports {
  PlannedImport training;       // one session of most people, as they are
  PlannedImport other_session;  // the same people, the other session
  PlannedImport other_people;   // all others, both sessions
};

// The last fourteenth of the people, 2 at least, are the others: 5 of 70.
// FAILED_PRECONDITION: fewer than 4 people. Errors of ChoosePeople.
absl::StatusOr<AugmentationImports> PlanAugmentationImports(const ExperimentOptions& options);

// The comparison of recognisers that learn from `dataset` and from what
// `model` renders, on `tests`: names and data sets. INVALID_ARGUMENT: a source
// that there is not.
absl::StatusOr<v1::TrainingSpec> AugmentationSpec(const ExperimentOptions& options, const std::string& dataset,
                                                  const std::string& model,
                                                  const std::vector<std::pair<std::string, std::string>>& tests);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_AUGMENTATION_PLAN_H_
