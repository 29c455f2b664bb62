// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/hold_out_option.h"
#include "client/cli/interrupt_note.h"
#include "client/cli/job_progress.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/training_options.h"

namespace facet::cli {
namespace {

struct Options {
  std::string dataset;
  std::string preset;
  std::string preset_file;
  std::string id;
  int steps = 0;
  int64_t seed = -1;
  std::vector<std::string> overrides;
  std::vector<std::string> hold_out;
  std::string publish;
  std::vector<std::string> aliases;
  bool float16 = false;
  std::optional<int> priority;
  int keep = 0;
  std::string from_job;
  std::string from_model;
  bool detach = false;
  bool show = false;
  bool validate_only = false;
};

absl::StatusOr<v1::CreateTrainingJobRequest> MakeRequest(const Options& options) {
  v1::CreateTrainingJobRequest request;
  request.set_training_job_id(options.id);
  request.set_validate_only(options.validate_only);
  v1::TrainingSpec& spec = *request.mutable_spec();
  spec.set_dataset(options.dataset);
  RETURN_IF_ERROR(SetPreset(options.preset, options.preset_file, spec));
  RETURN_IF_ERROR(SetOverrides(options.overrides, options.steps, options.seed, *spec.mutable_overrides()));
  for (const std::string& rule : options.hold_out) {
    ASSIGN_OR_RETURN(*spec.add_hold_out(), ParseHoldOut(rule));
  }
  request.set_priority(options.priority.value_or(0));
  if (options.keep > 0) spec.mutable_checkpoints()->set_keep(options.keep);
  if (!options.from_job.empty()) spec.mutable_start()->set_training_job(options.from_job);
  if (!options.from_model.empty()) spec.mutable_start()->set_model(options.from_model);
  return request;
}

// What is left to do where nobody waits for the job any more.
std::string LeftNote(const std::string& job, const std::string& publish) {
  if (publish.empty()) return JobGoesOn(job);
  return absl::StrCat(JobGoesOn(job), "\nit will not be published; once it has ended: facet models publish ", job,
                      " --as ", publish);
}

// A job that is there already keeps its priority.
void NoteOtherPriority(const Options& options, const v1::TrainingJob& job) {
  if (!options.priority.has_value() || *options.priority == job.priority()) return;
  std::fprintf(stderr, "%s is there already, with priority %d; --priority %d changes nothing\n", job.name().c_str(),
               job.priority(), *options.priority);
}

absl::Status Train(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(const v1::CreateTrainingJobRequest request, MakeRequest(options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->CreateTrainingJob(request));
  if (options.validate_only) {
    PrintLine(context.json ? ToJson(job) : DescribePlan(job));
    return absl::OkStatus();
  }
  NoteOtherPriority(options, job);
  if (options.detach) {
    PrintLine(context.json ? ToJson(job) : DescribeJob(*client, job));
    return absl::OkStatus();
  }
  {
    const InterruptNote note(LeftNote(job.name(), options.publish));
    RETURN_IF_ERROR(FollowJob(context, job.name(), {.show = options.show}));
  }
  if (options.publish.empty()) {
    if (!context.json) PrintLine(absl::StrCat("publish it with: facet models publish ", job.name(), " --as NAME"));
    return absl::OkStatus();
  }
  v1::PublishModelRequest publish;
  publish.set_name(job.name());
  publish.set_model_id(options.publish);
  if (options.float16) publish.set_weight_type(v1::WEIGHT_TYPE_FLOAT16);
  for (const std::string& alias : options.aliases) publish.add_aliases(alias);
  ASSIGN_OR_RETURN(const v1::ModelVersion version, client->PublishModel(publish));
  PrintLine(context.json ? ToJsonLine(version) : absl::StrCat("published as ", version.name()));
  return absl::OkStatus();
}

}  // namespace

void AddTrainCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("train", "Start a training job and follow it");
  command->footer(
      "Example: facet train --dataset digits --preset digits --publish digits \\\n"
      "  --hold-out 'colour:per=digit,example;missing=colour;count=100'\n"
      "The job runs on the server: leaving this command does not stop it (facet jobs cancel does).");
  command->add_option("--dataset", options->dataset, "name or name@version")->required();
  command->add_option("--preset", options->preset, "a preset of the server: digits, face-64, …");
  TakesPath(
      command->add_option("--preset-file", options->preset_file, "a preset in protobuf text form on this machine"));
  command->add_option("--id", options->id, "id of the job; the same id and spec attaches to it");
  command->add_option("--steps", options->steps, "batches, instead of the preset's")->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "seed, instead of the preset's")->check(CLI::NonNegativeNumber);
  command->add_option("--override", options->overrides, "a field of TrainingOptions: 'learning_rate: 1e-3'")
      ->take_all();
  command
      ->add_option("--hold-out", options->hold_out,
                   "NAME:per=FEATURES;missing=FEATURES;count=N, and where wanted ;each=N and ;seed=S")
      ->take_all();
  CLI::Option* publish = command->add_option("--publish", options->publish, "publish the result under this model id");
  command->add_option("--alias", options->aliases, "with --publish: point this alias at it")
      ->take_all()
      ->needs(publish);
  command->add_flag("--float16", options->float16, "with --publish: keep weights in 16 bits, half the size")
      ->needs(publish);
  command->add_option("--priority", options->priority, "-100 to 100; higher starts first")
      ->check(CLI::Range(-100, 100));
  command->add_option("--keep", options->keep, "newest checkpoints kept, beside the best")->check(CLI::Range(1, 100));
  constexpr char kFromJob[] = "go on from this job's newest checkpoint; --steps counts from its beginning";
  CLI::Option* from_job = command->add_option("--from-job", options->from_job, kFromJob);
  command->add_option("--from-model", options->from_model, "fine-tune: begin with the weights of this model version")
      ->excludes(from_job);
  command->add_flag("--show", options->show, "draw the samples of each checkpoint in the terminal");
  // Who does not wait for the result cannot publish it.
  command->add_flag("--detach", options->detach, "do not wait for the end; not with --publish")->excludes(publish);
  command->add_flag("--validate-only", options->validate_only, "check and estimate, start nothing");
  command->callback([&context, &run, options] { run = [&context, options] { return Train(context, *options); }; });
}

}  // namespace facet::cli
