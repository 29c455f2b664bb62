// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/held_out_pairs.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/jobs.h"
#include "client/cli/experiments/training_plan.h"

namespace facet::cli {
namespace {

constexpr int kFaceColumns = 8;
constexpr int kDigitColumns = 12;

constexpr char kFaces[] =
    "Two people lose two of the eight rotations and mirrorings, in all their expressions. The model learns without "
    "those images and then renders them: what it knows of turning and mirroring it has from the others.";
constexpr char kDigits[] =
    "Some digits lose one colour in all rotations (`missing-colour`), others one rotation in all colours "
    "(`missing-both`: neither the rotation nor any colour of it was seen). The model learns without those images and "
    "then renders them.";

}  // namespace

absl::StatusOr<ExperimentReport> RunLowLevel(Context& context, const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(v1::Dataset dataset, PrepareImages(context, options));
  const bool digits = !ClassesOf(dataset.schema(), "digit").empty();
  RETURN_IF_ERROR(CheckFeatures(dataset, "low-level",
                                digits ? std::vector<std::string>{"digit", "colour", "rotation", "example"}
                                       : std::vector<std::string>{"identity", "transform"}));
  ASSIGN_OR_RETURN(v1::TrainingSpec spec, BaseSpec(options, dataset));
  ASSIGN_OR_RETURN(const std::vector<v1::HoldOutRule> rules, LowLevelRules(options, dataset));
  for (const v1::HoldOutRule& rule : rules) *spec.add_hold_out() = rule;
  ExperimentReport report =
      BeginReport("low-level", "Low-level features (figure 6)", digits ? kDigits : kFaces, options.command);
  ASSIGN_OR_RETURN(report.runs, RunJobs(context, {{"Low-level features held out", options.name, spec, true}}));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  const int columns = digits ? kDigitColumns : kFaceColumns;
  ASSIGN_OR_RETURN(const std::vector<PairGroup> groups,
                   HeldOutPairs(*client, report.runs[0], digits ? "" : "transform", columns));
  report.pictures.push_back(
      {"low-level.png", "Images that training never saw: synthetic above, real below.",
       DrawPairs(absl::StrCat(report.runs[0].model->name(), ": never seen in training; synthetic above, real below"),
                 groups, columns)});
  report.datasets.push_back(std::move(dataset));
  return report;
}

}  // namespace facet::cli
