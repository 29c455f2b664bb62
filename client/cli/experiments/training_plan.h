// SPDX-License-Identifier: Apache-2.0
// What an experiment trains: the paper's split rules as specs of jobs.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_TRAINING_PLAN_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_TRAINING_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/experiments/experiment_options.h"
#include "facet/v1/dataset.pb.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// The preset of the options. Where none is named it is `digits` for digits and
// `face-64` for all else. Errors of SetPreset.
absl::Status SetExperimentPreset(const ExperimentOptions& options, const v1::Dataset& dataset, v1::TrainingSpec& spec);

// Preset, overrides and judge from the options, the data set pinned. Errors of
// SetExperimentPreset and SetOverrides.
absl::StatusOr<v1::TrainingSpec> BaseSpec(const ExperimentOptions& options, const v1::Dataset& dataset);

// High level: for each expression two people lose it, in all its transforms;
// with `missing` over 1, each of those people loses so many expressions.
// FAILED_PRECONDITION: fewer people than that takes. INVALID_ARGUMENT: `missing`
// would leave a person no expression.
absl::StatusOr<v1::HoldOutRule> HighLevelRule(const ExperimentOptions& options, const v1::Dataset& dataset,
                                              int missing);

// Low level, of faces: two people lose two transforms each, in all expressions.
// Of digits: a tenth of the digits, at most 100, lose one colour in all
// rotations, and as many others one rotation in all colours.
// FAILED_PRECONDITION: fewer people or digits than that takes.
absl::StatusOr<std::vector<v1::HoldOutRule>> LowLevelRules(const ExperimentOptions& options,
                                                           const v1::Dataset& dataset);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_TRAINING_PLAN_H_
