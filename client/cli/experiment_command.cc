// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/option_checks.h"

namespace facet::cli {
namespace {

void AddFaces(CLI::App& command, ExperimentOptions& options) {
  TakesPath(command.add_option("--kdef", options.kdef, "folder with KDEF's file names, here or with --on-server there"),
            "DIR");
  command.add_flag("--on-server", options.on_server, "the folder is on the server, below one of its import roots");
  command.add_option("--dataset", options.dataset, "a data set that the server has, in place of a folder")
      ->type_name("NAME");
  command.add_option("--people", options.people, "only the first so many, women and men in turn")
      ->check(CLI::PositiveNumber);
  command.add_option("--expressions", options.expressions, "of AF, AN, DI, HA, NE, SA, SU")->delimiter(',');
  command.add_option("--session", options.session, "A or B")->capture_default_str()->check(CLI::IsMember({"A", "B"}));
  command.add_option("--size", options.image_size, "side of the images, pixels (default: what the preset's name says)")
      ->check(CLI::PositiveNumber);
  command.add_option("--min-face", options.min_face, "smallest face, as a share of the picture's shorter side");
  command.add_option("--face-margin", options.face_margin, "added around the face, as a share of its size");
  command.add_flag("--best-of-several", options.best_of_several,
                   "where several faces are found, take the clearest instead of leaving the picture out");
}

void AddDigits(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--bundled", options.bundled, "digits, which ship with the server, in place of faces")
      ->check(CLI::IsMember({"digits"}));
  command.add_option("--per-digit", options.examples_per_digit, "examples of each digit (default 100)")
      ->check(CLI::PositiveNumber);
}

void AddTraining(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--preset", options.preset, "a preset of the server (default face-64; digits for digits)");
  TakesPath(command.add_option("--preset-file", options.preset_file, "a preset in protobuf text form on this machine"));
  command.add_option("--steps", options.steps, "batches, instead of the preset's")->check(CLI::PositiveNumber);
  command.add_option("--judge-steps", options.judge_steps, "batches of the judge, instead of the preset's")
      ->check(CLI::PositiveNumber);
  command.add_option("--seed", options.seed, "seed of training, instead of the preset's")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--override", options.overrides, "a field of TrainingOptions: 'learning_rate: 1e-3'")->take_all();
}

void AddSplit(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--split-seed", options.split_seed, "chooses what is held out")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void AddModel(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--model", options.model, "this model in place of training one");
}

void AddResult(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--name", options.name, "data sets, jobs and models are named by it")->capture_default_str();
  TakesPath(command.add_option("--out", options.out, "folder of the report (default NAME-experiment)"), "DIR");
}

void AddReconstruction(CLI::App& command, ExperimentOptions& options) {
  command.footer(
      "Examples:\n"
      "  facet experiment reconstruction --kdef ./KDEF\n"
      "  facet experiment reconstruction --bundled digits\n"
      "  facet experiment reconstruction --model faces@stable");
  AddFaces(command, options);
  AddDigits(command, options);
  AddTraining(command, options);
  AddModel(command, options);
}

void AddLowLevel(CLI::App& command, ExperimentOptions& options) {
  command.footer(
      "Examples:\n"
      "  facet experiment low-level --bundled digits\n"
      "  facet experiment low-level --kdef ./KDEF --preset face-158");
  AddFaces(command, options);
  AddDigits(command, options);
  AddTraining(command, options);
  AddSplit(command, options);
}

void AddHighLevel(CLI::App& command, ExperimentOptions& options) {
  command.footer(
      "Examples:\n"
      "  facet experiment high-level --kdef ./KDEF\n"
      "  facet experiment high-level --kdef ./KDEF --curve 1,2,3\n"
      "  facet experiment high-level --kdef ./KDEF --people 12 --steps 1000 --judge-steps 500\n"
      "The last one is for a first look.");
  AddFaces(command, options);
  AddTraining(command, options);
  AddSplit(command, options);
  command.add_option("--curve", options.curve, "numbers of missing expressions, a model each: 1,2,3 (default 1)")
      ->delimiter(',');
}

void AddMixing(CLI::App& command, ExperimentOptions& options) {
  command.footer(
      "Examples:\n"
      "  facet experiment mixing --kdef ./KDEF\n"
      "  facet experiment mixing --model faces --person F01 --with M01,M02,F05 --expression HA");
  AddFaces(command, options);
  AddTraining(command, options);
  AddModel(command, options);
  command.add_option("--person", options.person, "who is mixed (default: the first)");
  command.add_option("--with", options.with, "with whom (default: the next six)")->delimiter(',');
  command.add_option("--expression", options.expression, "in which (default DI)");
}

void AddAugmentation(CLI::App& command, ExperimentOptions& options) {
  command.footer(
      "Examples:\n"
      "  facet experiment augmentation --kdef ./KDEF\n"
      "  facet experiment augmentation --kdef ./KDEF --seeds 5 --sources originals,synthetic\n"
      "  facet experiment augmentation --kdef ./KDEF --filter 'min_confidence: 0.8 min_sharpness: 0.6'\n"
      "  facet experiment augmentation --dataset faces --test others=other-faces --model faces");
  AddFaces(command, options);
  AddTraining(command, options);
  AddModel(command, options);
  command.add_option("--test", options.tests, "with --dataset: a data set to test on")
      ->type_name("NAME=DATASET")
      ->take_all();
  command
      .add_option("--sources", options.sources,
                  "of originals, flips-and-rotations, mixup, synthetic, originals-and-synthetic (default: the first "
                  "four); the first is what others are compared with")
      ->delimiter(',');
  command.add_option("--filter", options.filter, "a field of SyntheticFilter: 'min_confidence: 0.6'")->take_all();
  command.add_option("--seeds", options.recogniser_seeds, "recognisers of each source (default 3)")
      ->check(CLI::Range(1, 100));
  command.add_option("--recogniser-steps", options.recogniser_steps, "batches of each (default 40000)")
      ->check(CLI::Range(1, 10'000'000));
}

}  // namespace

void AddExperimentCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent = app.add_subcommand("experiment", "The paper's experiments, a figure each: report and pictures");
  parent->require_subcommand(1);
  parent->footer(
      "Each leaves report.md, report.json and pictures in a folder. The jobs run on the server: a command that was "
      "cut off goes on where it was when it is given again.");
  const auto add = [&](const std::string& name, const std::string& what,
                       void (*add_options)(CLI::App&, ExperimentOptions&), auto experiment) {
    auto options = std::make_shared<ExperimentOptions>();
    options->name = name;
    CLI::App* command = parent->add_subcommand(name, what);
    add_options(*command, *options);
    AddResult(*command, *options);
    command->callback([&context, &run, options, experiment] {
      run = [&context, options, experiment] { return RunExperiment(context, *options, experiment); };
    });
  };
  add("reconstruction", "Images that training has seen (figure 5)", AddReconstruction, &RunReconstruction);
  add("low-level", "Unseen transforms, colours, rotations (figure 6)", AddLowLevel, &RunLowLevel);
  add("high-level", "Unseen expressions of people (figure 7)", AddHighLevel, &RunHighLevel);
  add("mixing", "One person mixed with others (figure 8)", AddMixing, &RunMixing);
  add("augmentation", "Recognisers that learn from mixes (section 4.2)", AddAugmentation, &RunAugmentation);
}

}  // namespace facet::cli
