// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/job_progress.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

absl::Status List(Context& context) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const std::vector<v1::TrainingJob> jobs, client->ListTrainingJobs());
  if (context.json) {
    PrintJsonList(jobs);
    return absl::OkStatus();
  }
  if (jobs.empty()) PrintLine("no jobs yet; start one with: facet train --dataset digits --preset digits");
  Table table({"NAME", "STATE", "STEP", "DATA SET", "MADE"});
  for (const auto& job : jobs) {
    table.Add({job.name(), StateName(job.state()),
               absl::StrCat(job.progress().step(), "/", job.progress().total_steps()), job.dataset_version(),
               FormatTime(job.create_time())});
  }
  if (!jobs.empty()) PrintLine(table.ToString());
  return absl::OkStatus();
}

absl::Status Show(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
  PrintLine(context.json ? ToJson(job) : DescribeJob(job));
  return absl::OkStatus();
}

// A verb that takes a name and answers with the job.
using Verb = std::function<absl::StatusOr<v1::TrainingJob>(client::Client&, const std::string&)>;

absl::Status Apply(Context& context, const std::string& name, const Verb& verb) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, verb(*client, name));
  PrintLine(context.json ? ToJson(job) : absl::StrCat(job.name(), ": ", StateName(job.state())));
  return absl::OkStatus();
}

absl::Status Remove(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  return client->DeleteTrainingJob(name);
}

}  // namespace

void AddJobsCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent = app.add_subcommand("jobs", "List, show, watch, pause, resume, cancel and remove training jobs");
  parent->require_subcommand(1);
  parent->add_subcommand("list", "All jobs, newest first")->callback([&context, &run] {
    run = [&context] { return List(context); };
  });

  auto name = std::make_shared<std::string>();
  auto now = std::make_shared<bool>(false);
  const auto add = [&](const char* verb, const char* help, std::function<absl::Status()> body) {
    CLI::App* command = parent->add_subcommand(verb, help);
    command->add_option("job", *name, "name of the job")->required();
    command->callback([&run, body = std::move(body)] { run = body; });
    return command;
  };
  add("show", "State, losses, report or failure of a job", [&context, name] { return Show(context, *name); });
  add("watch", "Follow a job until it ends", [&context, name] { return FollowJob(context, *name); });
  add("pause", "Save and stop a job until it is resumed", [&context, name] {
    return Apply(context, *name, [](client::Client& c, const std::string& n) { return c.PauseTrainingJob(n); });
  });
  add("resume", "Go on with a paused job", [&context, name] {
    return Apply(context, *name, [](client::Client& c, const std::string& n) { return c.ResumeTrainingJob(n); });
  });
  add("cancel", "Stop a job for good", [&context, name, now] {
    return Apply(context, *name,
                 [now](client::Client& c, const std::string& n) { return c.CancelTrainingJob(n, *now); });
  })->add_flag("--now", *now, "kill it instead of letting it save");
  add("rm", "Remove an ended job and its files; published models stay",
      [&context, name] { return Remove(context, *name); });
}

}  // namespace facet::cli
