// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/trained_model.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/jobs.h"
#include "client/cli/experiments/training_plan.h"

namespace facet::cli {
namespace {

absl::Status CheckModelFeatures(const v1::ModelVersion& model, const std::string& experiment,
                                const std::vector<std::string>& features) {
  for (const std::string& feature : features) {
    if (!ClassesOf(model.card().schema(), feature).empty()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the experiment ", experiment, " needs a model with the features ", absl::StrJoin(features, ", "),
                     "; ", model.name(), " has no ", feature));
  }
  return absl::OkStatus();
}

absl::StatusOr<TrainedModel> Find(Context& context, const ExperimentOptions& options) {
  if (!options.kdef.empty() || !options.bundled.empty() || !options.dataset.empty()) {
    return absl::InvalidArgumentError("--model brings its own images: leave out --kdef, --bundled and --dataset");
  }
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  TrainedModel found;
  ASSIGN_OR_RETURN(found.run.model, client->GetModel(options.model));
  found.run.label = absl::StrCat("Model ", found.run.model->name());
  return found;
}

}  // namespace

absl::StatusOr<TrainedModel> FindOrTrain(Context& context, const ExperimentOptions& options,
                                         const std::string& experiment, const std::vector<std::string>& features,
                                         const SchemaCheck& check) {
  TrainedModel trained;
  if (!options.model.empty()) {
    ASSIGN_OR_RETURN(trained, Find(context, options));
    RETURN_IF_ERROR(CheckModelFeatures(*trained.run.model, experiment, features));
    if (check) RETURN_IF_ERROR(check(trained.run.model->card().schema()));
    return trained;
  }
  ASSIGN_OR_RETURN(trained.dataset, PrepareImages(context, options));
  RETURN_IF_ERROR(CheckFeatures(*trained.dataset, experiment, features));
  if (check) RETURN_IF_ERROR(check(trained.dataset->schema()));
  ASSIGN_OR_RETURN(const v1::TrainingSpec spec, BaseSpec(options, *trained.dataset));
  ASSIGN_OR_RETURN(std::vector<ExperimentRun> runs,
                   RunJobs(context, {{"Trained on all images", options.name, spec, true}}));
  trained.run = std::move(runs[0]);
  return trained;
}

}  // namespace facet::cli
