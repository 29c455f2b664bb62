// SPDX-License-Identifier: Apache-2.0
// What an experiment leaves in its folder.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_REPORT_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_REPORT_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/experiments/experiment_run.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

struct ExperimentPicture {
  std::string file;  // "high-level.png"
  std::string caption;
  cv::Mat picture;
};

struct ExperimentReport {
  std::string experiment;  // "high-level"
  std::string title;       // "High-level features (figure 7)"
  std::string summary;     // what was done and why, Markdown
  std::string command;     // as typed
  std::vector<v1::Dataset> datasets;
  std::vector<ExperimentRun> runs;
  std::string comparison;  // Markdown that compares the runs; may be empty
  std::vector<ExperimentPicture> pictures;
};

// A report of nothing yet.
ExperimentReport BeginReport(std::string experiment, std::string title, std::string summary, std::string command);

// For people: what was done, pictures, all measures.
std::string ToMarkdown(const ExperimentReport& report);
// For programs: the same with jobs, models' names and reports in protobuf's
// JSON. See docs/experiments.md.
std::string ToJson(const ExperimentReport& report);

// Writes report.md, report.json and the pictures; each file appears at once.
// Errors of the file system.
absl::Status WriteReport(const ExperimentReport& report, const std::string& folder);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_REPORT_H_
