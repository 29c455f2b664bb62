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

// The names of tests, and the data set of each.
using TestNames = std::vector<std::pair<std::string, std::string>>;
using TestSets = std::vector<std::pair<std::string, v1::Dataset>>;

// What --test gives. INVALID_ARGUMENT: one is not NAME=DATASET, is named `all`, as
// another one, or as no test may be.
absl::StatusOr<TestNames> ParseTests(const ExperimentOptions& options);

// The comparison of recognisers, without its data sets and the model. What
// options leave open is spelled out as v1.AugmentationTask has it, so that the
// job's spec tells all. INVALID_ARGUMENT: a source that there is not, or twice; a
// filter that is none, that lets nothing through, or that filters nothing.
absl::StatusOr<v1::TrainingSpec> AugmentationSpec(const ExperimentOptions& options);

// Whether a recogniser of the comparison learns from what a model renders.
bool NeedsSynthetic(const v1::AugmentationTask& task);

// INVALID_ARGUMENT: images of a test are of another size than those trained on,
// or show classes of the recognised feature that those lack. The server says the
// same, but needs the model first.
absl::Status CheckTests(const v1::AugmentationTask& task, const v1::Dataset& training, const TestSets& tests);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_AUGMENTATION_PLAN_H_
