// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/experiments/augmentation_plan.h"
#include "client/cli/experiments/couple_sheet.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/jobs.h"
#include "client/cli/experiments/seed_plot.h"
#include "client/cli/experiments/training_plan.h"

namespace facet::cli {
namespace {

constexpr int kCouples = 8;

constexpr char kPaper[] = "The paper: 92 % with 325 originals, 94 % with 21,125 synthetic images, one run each.";

// What recognisers learn from, in the order of v1.TrainingSource.
constexpr const char* kLearnt[] = {
    "",
    "from the originals",
    "from flips and rotations of them",
    "from blends of two of them (mixup)",
    "from what the model makes of every pair of people",
    "half from the originals and half from what the model makes of every pair of people"};

std::string Summarise(const ExperimentOptions& options, const v1::AugmentationTask& task) {
  std::vector<std::string> learnt;
  for (const int source : task.sources()) learnt.emplace_back(kLearnt[source]);
  const char* tests = options.kdef.empty() ? "images that none of them saw"
                                           : "images that none of them saw: the other session of the same people, and "
                                             "other people";
  const char* model = "";
  if (NeedsSynthetic(task)) {
    model = options.model.empty() ? "A model is trained on the originals. "
                                  : "A model that is there makes synthetic images. ";
  }
  return absl::StrCat(model, "Recognisers of the ", task.feature(), " learn ", absl::StrJoin(learnt, ", "),
                      ", and are compared on ", tests, ". ", kPaper);
}

struct Images {
  v1::Dataset training;
  TestSets tests;
};

absl::StatusOr<Images> ImportImages(Context& context, const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(const AugmentationImports imports, PlanAugmentationImports(options));
  Images images;
  ASSIGN_OR_RETURN(images.training, FindOrImport(context, imports.training));
  ASSIGN_OR_RETURN(v1::Dataset session, FindOrImport(context, imports.other_session));
  ASSIGN_OR_RETURN(v1::Dataset people, FindOrImport(context, imports.other_people));
  images.tests = {{"other-session", std::move(session)}, {"other-people", std::move(people)}};
  return images;
}

// --dataset for learning, each --test NAME=DATASET for testing.
absl::StatusOr<Images> NamedImages(Context& context, const ExperimentOptions& options) {
  if (options.tests.empty()) {
    return absl::InvalidArgumentError("with --dataset, say what to test on: --test NAME=DATASET, once or more");
  }
  ASSIGN_OR_RETURN(const TestNames names, ParseTests(options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  Images images;
  ASSIGN_OR_RETURN(images.training, client->GetDataset(options.dataset));
  for (const auto& [name, asked] : names) {
    ASSIGN_OR_RETURN(v1::Dataset dataset, client->GetDataset(asked));
    images.tests.emplace_back(name, std::move(dataset));
  }
  return images;
}

absl::StatusOr<Images> FindImages(Context& context, const ExperimentOptions& options) {
  if (options.kdef.empty() == options.dataset.empty()) {
    return absl::InvalidArgumentError(
        "say which images: --kdef FOLDER, or --dataset NAME with --test NAME=DATASET for data sets that are there");
  }
  if (!options.kdef.empty()) return ImportImages(context, options);
  return NamedImages(context, options);
}

// The model that renders: --model, or one trained on the images. None where no
// source needs one.
absl::StatusOr<std::optional<ExperimentRun>> FindModel(Context& context, const ExperimentOptions& options,
                                                       const v1::AugmentationTask& task, const v1::Dataset& dataset) {
  if (!options.model.empty()) {
    ASSIGN_OR_RETURN(client::Client * client, context.Connect());
    ASSIGN_OR_RETURN(v1::ModelVersion model, client->GetModel(options.model));
    const std::string label = absl::StrCat("Model ", model.name());
    return ExperimentRun{label, std::nullopt, std::move(model)};
  }
  if (!NeedsSynthetic(task)) return std::optional<ExperimentRun>();
  ASSIGN_OR_RETURN(const v1::TrainingSpec spec, BaseSpec(options, dataset));
  ASSIGN_OR_RETURN(std::vector<ExperimentRun> runs,
                   RunJobs(context, {{"The model that renders", options.name, spec, true}}));
  return std::optional(std::move(runs[0]));
}

// Nets are those of the model's preset, or without one of the options'. The judge
// of the filter has the steps of the model's preset, unless it is told.
absl::Status Complete(const ExperimentOptions& options, const Images& images, const std::optional<ExperimentRun>& model,
                      v1::TrainingSpec& spec) {
  spec.set_dataset(images.training.name());
  v1::AugmentationTask& task = *spec.mutable_augmentation();
  for (const auto& [name, dataset] : images.tests) {
    auto& test = *task.add_tests();
    test.set_name(name);
    test.set_dataset(dataset.name());
  }
  if (!model.has_value()) return SetExperimentPreset(options, images.training, spec);
  task.set_model(model->model->name());
  const int steps = model->model->card().preset().judge().steps();
  if (spec.judge().steps() == 0 && steps > 0 && NeedsSynthetic(task)) spec.mutable_judge()->set_steps(steps);
  return absl::OkStatus();
}

ExperimentPicture DrawAccuracies(const v1::AugmentationReport& report) {
  return {
      "augmentation.png",
      absl::StrCat("Recognisers of the ", report.feature(), " by what they learnt from, on each test: a dot for each ",
                   "seed, a bar at the mean, a dashed line at the mean of the first. The axis spans what there is."),
      DrawSeedPlot(absl::StrCat("Accuracy on real images: ", report.feature()), SeedPanels(report))};
}

// Nothing where no two of the images that were looked at are of two people and
// alike in all else.
absl::StatusOr<std::optional<ExperimentPicture>> DrawSyntheticImages(Context& context, const std::string& model,
                                                                     const v1::Dataset& dataset) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(*client, model));
  ASSIGN_OR_RETURN(const std::vector<Couple> couples, MakeCouples(*client, session, dataset, kCouples));
  if (couples.empty()) return std::nullopt;
  return ExperimentPicture{
      "synthetic.png",
      "Some of the synthetic images. First two rows: images of two people, as in the data set. Third: what the model "
      "makes of half of each.",
      DrawCouples(absl::StrCat(session.version().name(), ": synthetic images below their originals"), couples)};
}

// Adds what there is to draw. Hours of training must not be lost to a picture.
void AddPictures(Context& context, const std::string& model, const v1::Dataset& dataset, ExperimentReport& report) {
  const v1::AugmentationReport& measured = report.runs[0].job->augmentation_report();
  report.pictures.push_back(DrawAccuracies(measured));
  const auto is_synthetic = [](const auto& source) { return absl::StrContains(source.name(), "synthetic"); };
  if (!absl::c_any_of(measured.sources(), is_synthetic)) return;
  absl::StatusOr<std::optional<ExperimentPicture>> synthetic = DrawSyntheticImages(context, model, dataset);
  if (!synthetic.ok()) {
    std::fprintf(stderr, "synthetic.png is left out: %s\n", std::string(synthetic.status().message()).c_str());
  } else if (synthetic->has_value()) {
    report.pictures.push_back(**std::move(synthetic));
  }
}

}  // namespace

absl::StatusOr<ExperimentReport> RunAugmentation(Context& context, const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(v1::TrainingSpec spec, AugmentationSpec(options));
  ASSIGN_OR_RETURN(Images images, FindImages(context, options));
  RETURN_IF_ERROR(CheckFeatures(images.training, "augmentation", {"identity", "expression"}));
  RETURN_IF_ERROR(CheckTests(spec.augmentation(), images.training, images.tests));
  ASSIGN_OR_RETURN(std::optional<ExperimentRun> model,
                   FindModel(context, options, spec.augmentation(), images.training));
  RETURN_IF_ERROR(Complete(options, images, model, spec));
  ExperimentReport report = BeginReport("augmentation", "Augmentation (section 4.2)",
                                        Summarise(options, spec.augmentation()), options.command);
  ASSIGN_OR_RETURN(report.runs, RunJobs(context, {{"Recognisers", options.name + "-recognisers", spec, false}}));
  AddPictures(context, spec.augmentation().model(), images.training, report);
  if (model.has_value()) report.runs.push_back(*std::move(model));
  report.datasets.push_back(std::move(images.training));
  for (auto& [name, dataset] : images.tests) report.datasets.push_back(std::move(dataset));
  return report;
}

}  // namespace facet::cli
