// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupt_note.h"
#include "client/cli/job_progress.h"
#include "client/cli/job_states.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

absl::Status List(Context& context, const std::vector<std::string>& states) {
  ASSIGN_OR_RETURN(const std::vector<v1::TrainingJobState> wanted, ParseStates(states));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const std::vector<v1::TrainingJob> jobs, client->ListTrainingJobs(wanted));
  if (context.json) {
    PrintJsonList(jobs);
    return absl::OkStatus();
  }
  if (jobs.empty() && wanted.empty()) {
    PrintLine("no jobs yet; start one with: facet train --dataset digits --preset digits");
  } else if (jobs.empty()) {
    PrintLine(absl::StrCat("no job is ", absl::StrJoin(states, " or ")));
  }
  Table table({"NAME", "KIND", "STATE", "PRIORITY", "STEP", "DATA SET", "MADE"});
  for (const auto& job : jobs) {
    table.Add({job.name(), TaskName(job.spec()), StateName(job.state()), absl::StrCat(job.priority()),
               absl::StrCat(job.progress().step(), "/", job.progress().total_steps()), job.dataset_version(),
               FormatTime(job.create_time())});
  }
  if (!jobs.empty()) PrintLine(table.ToString());
  return absl::OkStatus();
}

absl::Status Show(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
  if (context.json) {
    PrintLine(ToJson(job));
    return absl::OkStatus();
  }
  std::vector<v1::TrainingJob> waiting;
  if (job.state() == v1::TRAINING_JOB_STATE_QUEUED) {
    ASSIGN_OR_RETURN(waiting,
                     client->ListTrainingJobs({v1::TRAINING_JOB_STATE_QUEUED, v1::TRAINING_JOB_STATE_RECOVERING}));
  }
  PrintLine(DescribeJob(*client, job, QueuePlace(job, waiting)));
  return absl::OkStatus();
}

// Does something to each of several jobs. One that fails holds up no other,
// unless no server is there: its error is printed, that of the last is returned.
absl::Status ForEach(Context& context, const std::vector<std::string>& names,
                     const std::function<absl::Status(client::Client&, const std::string&)>& body) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  absl::Status failed;
  for (const std::string& name : names) {
    absl::Status status = body(*client, name);
    if (status.ok()) continue;
    if (!failed.ok()) PrintError(failed);
    failed = std::move(status);
    if (absl::IsUnavailable(failed)) break;
  }
  return failed;
}

// A verb that takes a name and answers with the job.
using Verb = std::function<absl::StatusOr<v1::TrainingJob>(client::Client&, const std::string&)>;

absl::Status Apply(Context& context, const std::vector<std::string>& names, const Verb& verb) {
  return ForEach(context, names, [&](client::Client& client, const std::string& name) -> absl::Status {
    ASSIGN_OR_RETURN(const v1::TrainingJob job, verb(client, name));
    if (!context.json) {
      PrintLine(absl::StrCat(job.name(), ": ", StateName(job.state())));
    } else {
      PrintLine(names.size() == 1 ? ToJson(job) : ToJsonLine(job));
    }
    return absl::OkStatus();
  });
}

constexpr int64_t kLogTailBytes = 4096;

// Prints a log as it grows, until `follow` has nothing to wait for. As JSON, an
// object a piece.
absl::Status PrintLog(client::Client& client, const std::string& name, int64_t offset, bool follow, bool json) {
  while (true) {
    ASSIGN_OR_RETURN(const v1::ReadTrainingLogResponse piece, client.ReadTrainingLog(name, offset));
    if (!json) {
      PrintRaw(ShownText(piece.text()));
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

// Before the server is asked: what is written is SVG, whatever the name says.
absl::Status CheckDrawingPath(const std::string& path) {
  if (path == "-" || absl::EndsWithIgnoreCase(path, ".svg")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--out '", path, "' must end in .svg, or be -: the drawing is SVG"));
}

absl::Status Plot(Context& context, const std::string& name, const std::string& out) {
  RETURN_IF_ERROR(CheckDrawingPath(out));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingCurve curve, client->GetTrainingCurve(name));
  if (context.json) {
    PrintLine(ToJson(curve));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteOutput(out, curve.svg()));
  if (out != "-")
    PrintLine(absl::StrCat(out, ": ", curve.points_size(), " points, ", curve.checkpoints_size(), " checkpoints, ",
                           curve.accuracy().points_size(), " of them judged"));
  return absl::OkStatus();
}

// A job that goes on would do the steps after its newest checkpoint itself, and
// the new job once more.
absl::Status CheckAtRest(const v1::TrainingJob& job) {
  if (HasEnded(job.state()) || job.state() == v1::TRAINING_JOB_STATE_PAUSED) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(job.name(), " is ", StateName(job.state()),
                   ": what it still does would be done a second time. Extend it when it has ended (facet jobs watch), "
                   "or pause or cancel it first"));
}

// A new job with the spec of `name`, more steps, and its newest checkpoint.
absl::Status Extend(Context& context, const std::string& name, int steps, const std::string& id) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
  RETURN_IF_ERROR(CheckAtRest(job));
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

absl::Status Remove(Context& context, const std::vector<std::string>& names) {
  return ForEach(context, names, [&](client::Client& client, const std::string& name) {
    RETURN_IF_ERROR(client.DeleteTrainingJob(name));
    PrintRemoved(context.json, name);
    return absl::OkStatus();
  });
}

}  // namespace

void AddJobsCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent =
      app.add_subcommand("jobs", "List, show, watch, plot, pause, resume, extend, cancel and remove training jobs");
  parent->require_subcommand(1);
  auto states = std::make_shared<std::vector<std::string>>();
  CLI::App* list = parent->add_subcommand("list", "All jobs, newest first");
  list->add_option("--state", *states, "only jobs in these states: queued,running")->type_name("LIST")->delimiter(',');
  list->callback([&context, &run, states] { run = [&context, states] { return List(context, *states); }; });

  auto name = std::make_shared<std::string>();
  auto now = std::make_shared<bool>(false);
  const auto add = [&](const char* verb, const char* help, std::function<absl::Status()> body) {
    CLI::App* command = parent->add_subcommand(verb, help);
    command->add_option("job", *name, "name of the job")->required();
    command->callback([&run, body = std::move(body)] { run = body; });
    return command;
  };
  // Verbs that several jobs may be given to.
  auto names = std::make_shared<std::vector<std::string>>();
  const auto add_for_each = [&](CLI::App* command, std::function<absl::Status()> body) {
    command->add_option("jobs", *names, "names of jobs")->required();
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
  CLI::App* plot = add("plot", "Draw losses and held-out measure of a job as SVG",
                       [&context, name, out] { return Plot(context, *name, *out); });
  TakesPath(plot->add_option("--out", *out, ".svg file, or - for standard output; default curve.svg"));
  auto steps = std::make_shared<int>(0);
  auto id = std::make_shared<std::string>();
  CLI::App* extend = add("extend", "Go on with an ended or paused job, as a new job",
                         [&context, name, steps, id] { return Extend(context, *name, *steps, *id); });
  extend->add_option("--steps", *steps, "steps to add")->required()->check(CLI::PositiveNumber);
  extend->add_option("--id", *id, "id of the new job");
  CLI::App* pause = parent->add_subcommand("pause", "Save and stop jobs until they are resumed");
  pause->add_flag("--now", *now, "kill them instead of letting them save: they go on from their last checkpoints");
  add_for_each(pause, [&context, names, now] {
    return Apply(context, *names,
                 [now](client::Client& c, const std::string& n) { return c.PauseTrainingJob(n, *now); });
  });
  add_for_each(parent->add_subcommand("resume", "Go on with paused jobs"), [&context, names] {
    return Apply(context, *names, [](client::Client& c, const std::string& n) { return c.ResumeTrainingJob(n); });
  });
  CLI::App* cancel = parent->add_subcommand("cancel", "Stop jobs for good");
  cancel->add_flag("--now", *now, "kill them instead of letting them save");
  add_for_each(cancel, [&context, names, now] {
    return Apply(context, *names,
                 [now](client::Client& c, const std::string& n) { return c.CancelTrainingJob(n, *now); });
  });
  add_for_each(parent->add_subcommand("rm", "Remove ended jobs and their files; published models stay"),
               [&context, names] { return Remove(context, *names); });
}

}  // namespace facet::cli
