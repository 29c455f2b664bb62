// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/measure_tables.h"
#include "client/cli/output.h"
#include "client/cli/report_text.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

// Leaves room for what jobs and data sets add to it.
constexpr size_t kMaxName = 40;

absl::Status CheckName(const std::string& name) {
  RETURN_IF_ERROR(ValidateId(name, "--name"));
  if (name.size() <= kMaxName) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--name '", name, "' is longer than ", kMaxName, " letters"));
}

std::string Summary(const ExperimentReport& report, const std::string& folder) {
  std::string text;
  for (const ExperimentRun& run : report.runs) {
    absl::StrAppend(&text, run.label, "\n");
    if (run.job.has_value() && run.job->has_augmentation_report()) {
      absl::StrAppend(&text, AugmentationTable(run.job->augmentation_report()));
    } else {
      absl::StrAppend(&text, FormatReport(run.report()));
    }
  }
  absl::StrAppend(&text, "report: ", folder, "/report.md, report.json");
  for (const ExperimentPicture& picture : report.pictures) absl::StrAppend(&text, ", ", picture.file);
  return text;
}

}  // namespace

absl::Status RunExperiment(Context& context, ExperimentOptions options,
                           absl::StatusOr<ExperimentReport> (*run)(Context&, const ExperimentOptions&)) {
  RETURN_IF_ERROR(CheckName(options.name));
  options.command = context.command_line;
  if (options.out.empty()) options.out = options.name + "-experiment";
  ASSIGN_OR_RETURN(const ExperimentReport report, run(context, options));
  RETURN_IF_ERROR(WriteReport(report, options.out));
  PrintLine(context.json ? ShownJson(ToJson(report)) : Summary(report, options.out));
  return absl::OkStatus();
}

}  // namespace facet::cli
