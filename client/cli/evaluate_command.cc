// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/hold_out_option.h"
#include "client/cli/interrupt_note.h"
#include "client/cli/job_progress.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

struct Options {
  std::string model;
  std::string dataset;
  std::vector<std::string> hold_out;
  int judge_steps = 0;
  uint64_t judge_seed = 0;
  bool train_on_synthetic = false;
  std::string id;
  std::string report;
  bool detach = false;
};

absl::StatusOr<v1::CreateTrainingJobRequest> MakeRequest(const Options& options) {
  v1::CreateTrainingJobRequest request;
  request.set_training_job_id(options.id);
  v1::TrainingSpec& spec = *request.mutable_spec();
  spec.set_dataset(options.dataset);
  spec.mutable_evaluation()->set_model(options.model);
  for (const std::string& rule : options.hold_out) {
    ASSIGN_OR_RETURN(*spec.add_hold_out(), ParseHoldOut(rule));
  }
  v1::JudgeOptions& judge = *spec.mutable_judge();
  judge.set_steps(options.judge_steps);
  judge.set_seed(options.judge_seed);
  judge.set_train_on_synthetic(options.train_on_synthetic);
  return request;
}

// What is left to do where nobody waits for the job any more.
std::string LeftNote(const std::string& job, const std::string& report) {
  if (report.empty()) return JobGoesOn(job);
  return absl::StrCat(JobGoesOn(job), "\n", report, " will not be written; once it has ended, the same command does, ",
                      "with --id ", absl::StripPrefix(job, "trainingJobs/"));
}

absl::Status Evaluate(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(const v1::CreateTrainingJobRequest request, MakeRequest(options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(v1::TrainingJob job, client->CreateTrainingJob(request));
  if (options.detach) {
    PrintLine(context.json ? ToJson(job) : DescribeJob(*client, job));
    return absl::OkStatus();
  }
  {
    const InterruptNote note(LeftNote(job.name(), options.report));
    RETURN_IF_ERROR(FollowJob(context, job.name()));
  }
  if (options.report.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(job, client->GetTrainingJob(job.name()));
  return WriteOutput(options.report, ToJson(job.report()));
}

}  // namespace

void AddEvaluateCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure a model with a judge of its own, as a job");
  command->footer(
      "Example: facet evaluate digits@stable digits --judge-seed 7 --train-on-synthetic --report report.json\n"
      "Without --hold-out, on the data set that the model was trained on, its own held-out cells are measured.");
  command->add_option("model", options->model, "name, name@version or name@alias")->required();
  command->add_option("dataset", options->dataset, "name or name@version; with the model's features and image size")
      ->required();
  command
      ->add_option("--hold-out", options->hold_out,
                   "NAME:per=FEATURES;missing=FEATURES;count=N, and where wanted ;each=N and ;seed=S")
      ->take_all();
  command->add_option("--judge-steps", options->judge_steps, "batches that the judge learns, instead of the preset's")
      ->check(CLI::PositiveNumber);
  command->add_option("--judge-seed", options->judge_seed, "seed of the judge; the same one measures alike");
  command->add_flag("--train-on-synthetic", options->train_on_synthetic,
                    "also train a classifier on rendered images alone, and test it on real ones");
  command->add_option("--id", options->id, "id of the job; the same id and request attaches to it");
  TakesPath(command->add_option("--report", options->report, "write the report as JSON to this file"));
  command->add_flag("--detach", options->detach, "do not wait for the end");
  command->callback([&context, &run, options] { run = [&context, options] { return Evaluate(context, *options); }; });
}

}  // namespace facet::cli
