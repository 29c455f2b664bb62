// SPDX-License-Identifier: Apache-2.0
#include "client/cli/job_progress.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/exit_code.h"
#include "client/cli/output.h"
#include "client/cli/progress_bar.h"

namespace facet::cli {
namespace {

double Fraction(const v1::TrainingProgress& progress) {
  if (progress.total_steps() <= 0) return 0;
  // The line ends when the job does, not when the last step is done.
  return std::min(0.999, static_cast<double>(progress.step()) / progress.total_steps());
}

std::string FormatFailure(const v1::TrainingFailure& failure) {
  std::string text = failure.message();
  if (failure.signal() != 0) absl::StrAppend(&text, " (signal ", failure.signal(), ")");
  if (failure.exit_code() != 0) absl::StrAppend(&text, " (exit code ", failure.exit_code(), ")");
  if (failure.log_tail_size() > 0) absl::StrAppend(&text, "\n  last log lines:");
  for (const std::string& line : failure.log_tail()) absl::StrAppend(&text, "\n    ", line);
  return text;
}

}  // namespace

std::string FormatProgress(const v1::TrainingProgress& progress) {
  std::string text = absl::StrCat(progress.step(), "/", progress.total_steps());
  if (!progress.phase().empty() && progress.phase() != "training") absl::StrAppend(&text, ", ", progress.phase());
  const auto& losses = progress.losses();
  const auto total = losses.find("generator");
  if (total != losses.end()) absl::StrAppendFormat(&text, ", loss %.4g", total->second);
  if (progress.images_per_second() > 0) absl::StrAppendFormat(&text, ", %.0f images/s", progress.images_per_second());
  if (progress.has_time_left()) {
    absl::StrAppend(&text, ", ", FormatTimeLeft(absl::Seconds(progress.time_left().seconds())), " left");
  }
  return text;
}

std::string DescribeJob(const v1::TrainingJob& job) {
  std::string text = absl::StrCat(job.name(), ": ", StateName(job.state()), "\n");
  absl::StrAppend(&text, "  data set ", job.dataset_version(), ", preset ",
                  job.spec().has_inline_preset() ? job.spec().inline_preset().name() : job.spec().preset(),
                  ", attempt ", job.attempt(), "\n");
  absl::StrAppend(&text, "  made ", FormatTime(job.create_time()), ", started ", FormatTime(job.start_time()),
                  ", ended ", FormatTime(job.end_time()), "\n");
  if (job.has_progress()) absl::StrAppend(&text, "  step ", FormatProgress(job.progress()), "\n");
  for (const auto& [part, loss] : job.progress().losses()) absl::StrAppendFormat(&text, "    %s %.5g\n", part, loss);
  if (job.has_failure()) absl::StrAppend(&text, "  failed: ", FormatFailure(job.failure()), "\n");
  if (job.has_report()) text += FormatReport(job.report());
  if (job.published_size() > 0) absl::StrAppend(&text, "  published as ", absl::StrJoin(job.published(), ", "), "\n");
  return text;
}

absl::Status FollowJob(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  {
    ProgressBar bar(name, context.json);
    v1::TrainingJobState state = v1::TRAINING_JOB_STATE_UNSPECIFIED;
    RETURN_IF_ERROR(client->WatchTrainingJob(name, 0, absl::Minutes(10), [&](const v1::TrainingEvent& event) {
      if (event.state() != state) {
        state = event.state();
        bar.Clear();
        if (!context.json) std::fprintf(stderr, "%s: %s\n", StateName(state).c_str(), event.transition().c_str());
      }
      if (event.has_progress()) bar.Update(Fraction(event.progress()), FormatProgress(event.progress()));
      return true;
    }));
    bar.Clear();
  }
  ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
  PrintLine(context.json ? ToJson(job) : DescribeJob(job));
  if (job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED) return absl::OkStatus();
  return JobFailedError(absl::StrCat(job.name(), " ended as ", StateName(job.state())));
}

}  // namespace facet::cli
