// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/job_progress.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

absl::Status Status(Context& context) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const client::Health health, client->CheckHealth());
  const bool serving = health == client::Health::kServing;
  ASSIGN_OR_RETURN(const auto datasets, client->ListDatasets(""));
  ASSIGN_OR_RETURN(const auto models, client->ListModels(""));
  ASSIGN_OR_RETURN(const auto jobs, client->ListTrainingJobs());
  int loaded = 0;
  for (const auto& model : models) loaded += model.loaded() ? 1 : 0;
  if (context.json) {
    PrintLine(absl::StrCat("{\"serving\": ", serving ? "true" : "false", ", \"datasets\": ", datasets.size(),
                           ", \"model_versions\": ", models.size(), ", \"models_loaded\": ", loaded,
                           ", \"jobs\": ", jobs.size(), "}"));
    return absl::OkStatus();
  }
  PrintLine(absl::StrCat("server: ", serving ? "serving" : "not serving"));
  PrintLine(absl::StrCat("data sets: ", datasets.size(), "; model versions: ", models.size(), ", ", loaded, " loaded"));
  PrintLine(absl::StrCat("jobs: ", jobs.size()));
  for (const auto& job : jobs) {
    if (job.state() >= v1::TRAINING_JOB_STATE_SUCCEEDED) continue;
    PrintLine(absl::StrCat("  ", job.name(), " ", StateName(job.state()), " ", FormatProgress(job.progress())));
  }
  return absl::OkStatus();
}

}  // namespace

void AddStatusCommand(CLI::App& app, Context& context, Command& run) {
  app.add_subcommand("status", "Health of the server, and what it holds and does")->callback([&context, &run] {
    run = [&context] { return Status(context); };
  });
}

}  // namespace facet::cli
