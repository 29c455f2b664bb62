// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt_note.h"
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
  Table table({"NAME", "KIND", "STATE", "STEP", "DATA SET", "MADE"});
  for (const auto& job : jobs) {
    table.Add({job.name(), TaskName(job.spec()), StateName(job.state()),
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

constexpr int64_t kLogTailBytes = 4096;

// Prints a log as it grows, until `follow` has nothing to wait for. As JSON, an
// object a piece.
absl::Status PrintLog(client::Client& client, const std::string& name, int64_t offset, bool follow, bool json) {
  while (true) {
    ASSIGN_OR_RETURN(const v1::ReadTrainingLogResponse piece, client.ReadTrainingLog(name, offset));
    if (!json) {
      std::fwrite(piece.text().data(), 1, piece.text().size(), stdout);
    } else if (!piece.text().empty() || piece.complete()) {
      PrintLine(ToJson(piece));
    }
    RETURN_IF_ERROR(FlushOutput());
    const bool at_end = piece.next_offset() == offset || piece.text().empty();
    offset = piece.next_offset();
    if (piece.complete() || (at_end && !follow) || !OutputIsWanted()) return absl::OkStatus();
    if (at_end) absl::SleepFor(absl::Milliseconds(500));
  }
}

// Prints what there is of a log as one JSON object.
absl::Status PrintLogObject(client::Client& client, const std::string& name, int64_t offset) {
  v1::ReadTrainingLogResponse log;
  std::string text;
  do {
    offset = log.text().empty() ? offset : log.next_offset();
    ASSIGN_OR_RETURN(log, client.ReadTrainingLog(name, offset));
    text += log.text();
  } while (!log.complete() && !log.text().empty() && log.next_offset() != offset);
  log.set_text(text);
  PrintLine(ToJson(log));
  return absl::OkStatus();
}

// A log from its last 4 KiB on, or `all` of it; with `follow` until the job has
// ended.
absl::Status Logs(Context& context, const std::string& name, bool all, bool follow) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  const int64_t offset = all ? 0 : -kLogTailBytes;
  if (context.json && !follow) return PrintLogObject(*client, name, offset);
  return PrintLog(*client, name, offset, follow, context.json);
}

absl::Status Plot(Context& context, const std::string& name, const std::string& out) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingCurve curve, client->GetTrainingCurve(name));
  if (context.json) {
    PrintLine(ToJson(curve));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteOutput(out, curve.svg()));
  if (out != "-")
    PrintLine(absl::StrCat(out, ": ", curve.points_size(), " points, ", curve.checkpoints_size(), " checkpoints"));
  return absl::OkStatus();
}

// A new job with the spec of `name`, more steps, and its newest checkpoint.
absl::Status Extend(Context& context, const std::string& name, int steps, const std::string& id) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
  v1::CreateTrainingJobRequest request;
  request.set_training_job_id(id);
  *request.mutable_spec() = job.spec();
  request.mutable_spec()->set_dataset(job.dataset_version());
  request.mutable_spec()->mutable_start()->set_training_job(job.name());
  request.mutable_spec()->mutable_overrides()->set_steps(job.progress().total_steps() + steps);
  ASSIGN_OR_RETURN(const v1::TrainingJob longer, client->CreateTrainingJob(request));
  PrintLine(context.json ? ToJson(longer) : absl::StrCat(longer.name(), ": ", StateName(longer.state())));
  return absl::OkStatus();
}

absl::Status Remove(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  RETURN_IF_ERROR(client->DeleteTrainingJob(name));
  PrintRemoved(context.json, name);
  return absl::OkStatus();
}

}  // namespace

void AddJobsCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent =
      app.add_subcommand("jobs", "List, show, watch, plot, pause, resume, extend, cancel and remove training jobs");
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
  auto show = std::make_shared<bool>(false);
  auto all = std::make_shared<bool>(false);
  CLI::App* watch = add("watch", "Follow a job until it ends", [&context, name, show, all] {
    const InterruptNote note(absl::StrCat(*name, " goes on"));
    return FollowJob(context, *name, {.show = *show, .all = *all});
  });
  watch->add_flag("--show", *show, "draw the samples of each checkpoint in the terminal");
  watch->add_flag("--all", *all, "with all that happened before");
  auto follow = std::make_shared<bool>(false);
  CLI::App* logs = add("logs", "The trainer's log, from its last lines on",
                       [&context, name, all, follow] { return Logs(context, *name, *all, *follow); });
  logs->add_flag("--follow", *follow, "go on until the job has ended");
  logs->add_flag("-f", *follow, "the same");
  logs->add_flag("--all", *all, "from the beginning");
  auto out = std::make_shared<std::string>("curve.svg");
  add("plot", "Draw losses and held-out measure of a job as SVG", [&context, name, out] {
    return Plot(context, *name, *out);
  })->add_option("--out", *out, "file, or - for standard output; default curve.svg");
  auto steps = std::make_shared<int>(0);
  auto id = std::make_shared<std::string>();
  CLI::App* extend = add("extend", "Go on from the end of a job, as a new job",
                         [&context, name, steps, id] { return Extend(context, *name, *steps, *id); });
  extend->add_option("--steps", *steps, "steps to add")->required()->check(CLI::PositiveNumber);
  extend->add_option("--id", *id, "id of the new job");
  add("pause", "Save and stop a job until it is resumed", [&context, name, now] {
    return Apply(context, *name,
                 [now](client::Client& c, const std::string& n) { return c.PauseTrainingJob(n, *now); });
  })->add_flag("--now", *now, "kill it instead of letting it save: it goes on from its last checkpoint");
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
