// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/experiment_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "client/cli/experiments/markdown_table.h"
#include "client/cli/experiments/measure_tables.h"
#include "client/cli/hold_out_option.h"
#include "client/cli/left_out.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr size_t kFingerprintShown = 16;

std::string DescribeImages(const v1::Dataset& dataset) {
  std::string text = absl::StrCat("`", dataset.name(), "`: ", dataset.image_count(), " images of ", dataset.width(),
                                  " x ", dataset.height());
  for (const auto& feature : dataset.schema().features()) {
    absl::StrAppend(&text, ", ", feature.classes_size(), " of ", feature.name());
  }
  if (dataset.dropped_count() > 0) {
    absl::StrAppend(&text, "; ", dataset.dropped_count(), " source pictures left out (", CountLeftOut(dataset), ")");
  }
  const std::vector<std::string> lost = PeopleLost(dataset);
  if (!lost.empty()) absl::StrAppend(&text, "; nobody is left of: ", absl::StrJoin(lost, ", "));
  return absl::StrCat(text, "; fingerprint `", dataset.fingerprint().substr(0, kFingerprintShown), "`");
}

std::string DescribePreset(const v1::TrainingSpec& spec) {
  std::string text = absl::StrCat("`", spec.has_inline_preset() ? spec.inline_preset().name() : spec.preset(), "`");
  const std::string overrides = spec.overrides().ShortDebugString();
  if (!overrides.empty()) absl::StrAppend(&text, " with `", overrides, "`");
  const std::string judge = spec.judge().ShortDebugString();
  if (!judge.empty()) absl::StrAppend(&text, "; judge with `", judge, "`");
  return text;
}

// As AugmentationSpec spells it out.
void AddRecognisers(const v1::TrainingSpec& spec, MarkdownTable& table) {
  const v1::AugmentationTask& task = spec.augmentation();
  table.Add({"recognisers", absl::StrCat(task.seeds(), " of each source, seeds 1 to ", task.seeds())});
  table.Add({"each learns",
             absl::StrCat(task.steps(), " batches of ", task.batch_size(), ", learning rate ",
                          FormatNumber(task.learning_rate()), ", weight decay ", FormatNumber(task.weight_decay()))});
  if (!task.has_filter()) return;
  table.Add({"synthetic images", absl::StrCat("by `", task.model(), "`")});
  table.Add(
      {"kept of them",
       absl::StrCat("what the judge believes to be of its class with ", FormatNumber(task.filter().min_confidence()),
                    " or more, and whose energy of fine detail is ", FormatNumber(task.filter().min_sharpness()),
                    " to ", FormatNumber(task.filter().max_sharpness()),
                    " of the median over what the model makes of the originals' own cells")});
  const std::string steps =
      spec.judge().steps() > 0 ? absl::StrCat(spec.judge().steps(), " steps") : "steps of the preset";
  table.Add({"their judge", absl::StrCat("an independent classifier that learnt from the originals, ", steps)});
}

void AddJob(const v1::TrainingJob& job, MarkdownTable& table) {
  table.Add({"job", absl::StrCat("`", job.name(), "`")});
  // That of a task is its model's, unless it is named.
  const bool has_preset = job.spec().preset_source_case() != v1::TrainingSpec::PRESET_SOURCE_NOT_SET;
  if (has_preset) table.Add({"preset", DescribePreset(job.spec())});
  if (job.spec().has_augmentation()) AddRecognisers(job.spec(), table);
  for (const auto& rule : job.spec().hold_out()) {
    table.Add({"held out", absl::StrCat("`", rule.name(), "`: ", DescribeHoldOut(rule))});
  }
  const v1::EvaluationReport& report = job.report();
  if (report.train_seconds() > 0) {
    table.Add({"trained",
               absl::StrFormat("%.0f s at %.0f images/s", report.train_seconds(), report.train_images_per_second())});
  }
}

std::string DescribeRun(const ExperimentRun& run) {
  MarkdownTable table({"", ""});
  if (run.job.has_value()) AddJob(*run.job, table);
  if (run.model.has_value()) {
    const v1::ModelCard& card = run.model->card();
    table.Add(
        {"model", absl::StrCat("`", run.model->name(), "`, trained on `", card.dataset(), "`, fingerprint `",
                               card.dataset_fingerprint().substr(0, kFingerprintShown), "`, ",
                               card.preset().training().steps(), " steps, seed ", card.preset().training().seed())});
    if (!run.job.has_value()) {
      for (const auto& rule : card.hold_out()) {
        table.Add({"held out", absl::StrCat("`", rule.name(), "`: ", DescribeHoldOut(rule))});
      }
    }
  }
  const v1::EvaluationReport& report = run.report();
  if (report.judge_train_images() > 0) {
    const std::string seed =
        report.judge_seed() == 0 ? "a seed that follows from the job's" : absl::StrCat("seed ", report.judge_seed());
    table.Add({"judge", absl::StrCat("an independent classifier, trained on ", report.judge_train_images(),
                                     " real images, ", seed)});
  }
  return absl::StrCat(table.ToString(), "\n");
}

std::string MeasuresOf(const ExperimentRun& run, const std::string& heading) {
  std::string tables = MeasureTables(run.report(), heading);
  if (!run.job.has_value() || !run.job->has_augmentation_report()) return tables;
  return absl::StrCat(tables, AugmentationTable(run.job->augmentation_report()), "\n");
}

constexpr char kOfJudge[] =
    "ccuracies are those of an independent judge that learnt from real images only; beside each stands what it makes "
    "of the real images of the same cells. A mix has no real image: beside what it keeps stands what the judge makes "
    "of real images of other cells, which its table names.";

constexpr char kOfRecognisers[] =
    "Accuracies of recognisers are their own, on real images that none of them learnt from; there is no ceiling beside "
    "them. The interval draws images anew, but no seeds, and takes the images of one person for independent, so it is "
    "narrower than what other seeds and other people would give; p is the median of the p-values of the seeds.";

std::string WhoseAccuracies(const ExperimentReport& report) {
  const bool recognisers = std::any_of(report.runs.begin(), report.runs.end(), [](const ExperimentRun& run) {
    return run.job.has_value() && run.job->has_augmentation_report();
  });
  if (!recognisers) return absl::StrCat("A", kOfJudge);
  return absl::StrCat(kOfRecognisers, " In the tables of the model, a", kOfJudge);
}

}  // namespace

ExperimentReport BeginReport(std::string experiment, std::string title, std::string summary, std::string command) {
  ExperimentReport report;
  report.experiment = std::move(experiment);
  report.title = std::move(title);
  report.summary = std::move(summary);
  report.command = std::move(command);
  return report;
}

std::string ToMarkdown(const ExperimentReport& report) {
  std::string text = absl::StrCat("# ", report.title, "\n\n", report.summary, "\n\n```\n", report.command,
                                  "\n```\n\nHow to read this: docs/experiments.md of Facet. ", WhoseAccuracies(report),
                                  "\n\n## Images\n\n");
  for (const v1::Dataset& dataset : report.datasets) absl::StrAppend(&text, "* ", DescribeImages(dataset), "\n");
  if (report.datasets.empty()) text += "None: the model alone drew what is below.\n";
  absl::StrAppend(&text, "\n");
  if (!report.comparison.empty()) absl::StrAppend(&text, "## Comparison\n\n", report.comparison, "\n");
  if (!report.pictures.empty()) absl::StrAppend(&text, "## Pictures\n\n");
  for (const ExperimentPicture& picture : report.pictures) {
    absl::StrAppend(&text, picture.caption, "\n\n![", picture.file, "](", picture.file, ")\n\n");
  }
  for (const ExperimentRun& run : report.runs) {
    absl::StrAppend(&text, "## ", run.label, "\n\n", DescribeRun(run), MeasuresOf(run, "###"));
  }
  while (text.size() > 1 && text[text.size() - 2] == '\n') text.pop_back();
  return text;
}

absl::Status WriteReport(const ExperimentReport& report, const std::string& folder) {
  FileSystem& files = *FileSystem::Posix();
  RETURN_IF_ERROR(files.CreateDirs(folder));
  for (const ExperimentPicture& picture : report.pictures) {
    RETURN_IF_ERROR(WritePicture(absl::StrCat(folder, "/", picture.file), picture.picture));
  }
  RETURN_IF_ERROR(files.WriteFileAtomically(absl::StrCat(folder, "/report.json"), ToJson(report)));
  return files.WriteFileAtomically(absl::StrCat(folder, "/report.md"), ToMarkdown(report));
}

}  // namespace facet::cli
