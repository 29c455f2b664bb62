// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/job_progress.h"
#include "client/cli/job_states.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

// "disk: 1.2 GB (checkpoints 1.0 GB, ...), 30 GB free"
std::string FormatDisk(const v1::DiskUsage& disk) {
  std::vector<std::string> kinds;
  uint64_t total = 0;
  for (const auto& item : disk.items()) {
    total += item.size_bytes();
    kinds.push_back(absl::StrCat(item.kind(), " ", FormatBytes(item.size_bytes())));
  }
  std::string text = absl::StrCat("disk: ", FormatBytes(total), " (", absl::StrJoin(kinds, ", "), "), ",
                                  FormatBytes(disk.free_bytes()), " free");
  for (int i = 0; i < std::min(3, disk.jobs_size()); ++i) {
    absl::StrAppend(&text, "\n  ", disk.jobs(i).name(), " ", FormatBytes(disk.jobs(i).size_bytes()));
  }
  return text;
}

using StateCount = std::pair<std::string, int>;

void AppendCount(std::string* out, const StateCount& count) { absl::StrAppend(out, count.second, " ", count.first); }

void AppendJsonCount(std::string* out, const StateCount& count) {
  absl::StrAppend(out, "\"", count.first, "\": ", count.second);
}

// How many there are in each state, and a line for each that has a trainer: of
// those that wait or have ended there may be thousands.
std::string FormatJobs(const std::vector<v1::TrainingJob>& jobs) {
  std::string text = absl::StrCat("jobs: ", jobs.size());
  if (!jobs.empty()) absl::StrAppend(&text, " (", absl::StrJoin(CountByState(jobs), ", ", AppendCount), ")");
  for (const auto& job : jobs) {
    if (!HasTrainer(job.state())) continue;
    const std::string progress = FormatProgress(job.progress());
    absl::StrAppend(&text, "\n  ", job.name(), " ", StateName(job.state()), progress.empty() ? "" : " ", progress);
  }
  return text;
}

// One call that costs the server nothing, for those who ask all the time.
absl::Status CheckHealth(Context& context) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const client::Health health, client->CheckHealth());
  const bool serving = health == client::Health::kServing;
  if (context.json) {
    PrintLine(absl::StrCat("{\"serving\": ", serving ? "true" : "false", "}"));
  } else {
    PrintLine(serving ? "serving" : "not serving");
  }
  if (serving) return absl::OkStatus();
  return absl::UnavailableError("the server takes no work: it starts, shuts down, or its device or database is gone");
}

absl::Status Status(Context& context) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const client::Health health, client->CheckHealth());
  const bool serving = health == client::Health::kServing;
  ASSIGN_OR_RETURN(const auto datasets, client->ListDatasets(""));
  ASSIGN_OR_RETURN(const auto models, client->ListModels(""));
  ASSIGN_OR_RETURN(const auto jobs, client->ListTrainingJobs());
  int loaded = 0;
  for (const auto& model : models) loaded += model.loaded() ? 1 : 0;
  ASSIGN_OR_RETURN(const v1::DiskUsage disk, client->GetDiskUsage());
  if (context.json) {
    PrintLine(absl::StrCat("{\"serving\": ", serving ? "true" : "false", ", \"datasets\": ", datasets.size(),
                           ", \"model_versions\": ", models.size(), ", \"models_loaded\": ", loaded,
                           ", \"jobs\": ", jobs.size(), ", \"jobs_by_state\": {",
                           absl::StrJoin(CountByState(jobs), ", ", AppendJsonCount), "}, \"disk\": ", ToJson(disk),
                           "}"));
    return absl::OkStatus();
  }
  PrintLine(absl::StrCat("server: ", serving ? "serving" : "not serving"));
  PrintLine(absl::StrCat("data sets: ", datasets.size(), "; model versions: ", models.size(), ", ", loaded, " loaded"));
  PrintLine(FormatDisk(disk));
  PrintLine(FormatJobs(jobs));
  return absl::OkStatus();
}

}  // namespace

void AddStatusCommand(CLI::App& app, Context& context, Command& run) {
  auto health = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "Health of the server, and what it holds and does");
  command->add_flag("--health", *health, "ask for its health alone; exit code 6 unless it serves");
  command->callback([&context, &run, health] {
    run = [&context, health] { return *health ? CheckHealth(context) : Status(context); };
  });
}

}  // namespace facet::cli
