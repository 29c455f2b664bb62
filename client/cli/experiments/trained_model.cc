// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/trained_model.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/jobs.h"
#include "client/cli/experiments/training_plan.h"

namespace facet::cli {
namespace {

absl::StatusOr<TrainedModel> Find(Context& context, const ExperimentOptions& options) {
  if (!options.kdef.empty() || !options.bundled.empty() || !options.dataset.empty()) {
    return absl::InvalidArgumentError("--model brings its own images: leave out --kdef, --bundled and --dataset");
  }
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  TrainedModel found;
  ASSIGN_OR_RETURN(found.run.model, client->GetModel(options.model));
  found.run.label = absl::StrCat("Model ", found.run.model->name());
  ASSIGN_OR_RETURN(found.dataset, client->GetDataset(found.run.model->card().dataset()));
  return found;
}

}  // namespace

absl::StatusOr<TrainedModel> FindOrTrain(Context& context, const ExperimentOptions& options,
                                         const std::string& experiment, const std::vector<std::string>& features,
                                         const ImagesCheck& check) {
  TrainedModel trained;
  const auto check_images = [&]() -> absl::Status {
    RETURN_IF_ERROR(CheckFeatures(trained.dataset, experiment, features));
    return check ? check(trained.dataset) : absl::OkStatus();
  };
  if (!options.model.empty()) {
    ASSIGN_OR_RETURN(trained, Find(context, options));
    RETURN_IF_ERROR(check_images());
    return trained;
  }
  ASSIGN_OR_RETURN(trained.dataset, PrepareImages(context, options));
  RETURN_IF_ERROR(check_images());
  ASSIGN_OR_RETURN(const v1::TrainingSpec spec, BaseSpec(options, trained.dataset));
  ASSIGN_OR_RETURN(std::vector<ExperimentRun> runs,
                   RunJobs(context, {{"Trained on all images", options.name, spec, true}}));
  trained.run = std::move(runs[0]);
  return trained;
}

}  // namespace facet::cli
