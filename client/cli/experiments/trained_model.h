// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "client/cli/experiments/experiment_options.h"
#include "client/cli/experiments/experiment_run.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// A model and the images it was trained on.
struct TrainedModel {
  v1::Dataset dataset;
  ExperimentRun run;
};

using ImagesCheck = std::function<absl::Status(const v1::Dataset&)>;

// The model of --model, else one trained on all cells of the experiment's
// images, which must have `features`. `check` sees the images before anything is
// trained; its error is returned. INVALID_ARGUMENT: both --model and images are
// given. Errors of PrepareImages, CheckFeatures and RunJobs.
absl::StatusOr<TrainedModel> FindOrTrain(Context& context, const ExperimentOptions& options,
                                         const std::string& experiment, const std::vector<std::string>& features,
                                         const ImagesCheck& check = nullptr);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_TRAINED_MODEL_H_
