// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/held_out_pairs.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/jobs.h"
#include "client/cli/experiments/missing_curve.h"
#include "client/cli/experiments/training_plan.h"

namespace facet::cli {
namespace {

constexpr int kColumns = 8;

constexpr char kSummary[] =
    "For each expression two people lose it, with all its rotations and mirrorings. The model learns without those "
    "images and then renders them: a face that it has never seen, of a person and an expression that it knows apart.";
constexpr char kCurve[] =
    " Each of these people then loses more expressions, one model for each number, to see how little of a person is "
    "enough.";

std::string Suffix(int missing, int expressions) {
  return missing == 1 ? "" : absl::StrCat("-", missing, "-of-", expressions);
}

absl::Status AddPicture(client::Client& client, const ExperimentRun& run, const std::string& file,
                        ExperimentReport& report) {
  ASSIGN_OR_RETURN(const std::vector<PairGroup> groups, HeldOutPairs(client, run, "expression", kColumns));
  report.pictures.push_back(
      {file, absl::StrCat(run.label, ": faces that training never saw, by expression; synthetic above, real below."),
       DrawPairs(absl::StrCat(run.model->name(), ": never seen in training; synthetic above, real below"), groups,
                 kColumns)});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExperimentReport> RunHighLevel(Context& context, const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(v1::Dataset dataset, PrepareImages(context, options));
  RETURN_IF_ERROR(CheckFeatures(dataset, "high-level", {"identity", "expression"}));
  const int expressions = static_cast<int>(ClassesOf(dataset.schema(), "expression").size());
  const std::set<int> wanted(options.curve.begin(), options.curve.end());
  std::vector<int> missing(wanted.begin(), wanted.end());
  if (missing.empty()) missing = {1};
  std::vector<PlannedJob> jobs;
  for (const int count : missing) {
    PlannedJob job{absl::StrCat(count, " of ", expressions, " expressions missing"),
                   options.name + Suffix(count, expressions),
                   {},
                   true};
    ASSIGN_OR_RETURN(job.spec, BaseSpec(options, dataset));
    ASSIGN_OR_RETURN(*job.spec.add_hold_out(), HighLevelRule(options, dataset, count));
    jobs.push_back(std::move(job));
  }
  ExperimentReport report = BeginReport("high-level", "High-level features (figure 7)", kSummary, options.command);
  ASSIGN_OR_RETURN(report.runs, RunJobs(context, jobs));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  if (missing.size() > 1) {
    absl::StrAppend(&report.summary, kCurve);
    report.comparison = MissingTable(missing, report.runs);
    report.pictures.push_back({"curve.png",
                               "What the judge recognises by the number of missing expressions; dashed: real images of "
                               "the same cells.",
                               DrawMissingCurve(expressions, missing, report.runs)});
  }
  for (size_t i = 0; i < missing.size(); ++i) {
    RETURN_IF_ERROR(AddPicture(*client, report.runs[i],
                               absl::StrCat("high-level", Suffix(missing[i], expressions), ".png"), report));
  }
  report.datasets.push_back(std::move(dataset));
  return report;
}

}  // namespace facet::cli
