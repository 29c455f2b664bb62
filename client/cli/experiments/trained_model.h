// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "client/cli/experiments/experiment_options.h"
#include "client/cli/experiments/experiment_run.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// A model, and the images that it was trained on by this experiment; of a model
// that was there before, FindTrainingImages finds them, if the server has them.
struct TrainedModel {
  std::optional<v1::Dataset> dataset;
  ExperimentRun run;
};

using SchemaCheck = std::function<absl::Status(const v1::FeatureSchema&)>;

// The model of --model, else one trained on all cells of the experiment's
// images; both must have `features`. `check` sees the schema before anything is
// trained; its error is returned. INVALID_ARGUMENT: both --model and images are
// given. FAILED_PRECONDITION: the model lacks a feature. Errors of PrepareImages,
// CheckFeatures and RunJobs.
absl::StatusOr<TrainedModel> FindOrTrain(Context& context, const ExperimentOptions& options,
                                         const std::string& experiment, const std::vector<std::string>& features,
                                         const SchemaCheck& check = nullptr);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_
