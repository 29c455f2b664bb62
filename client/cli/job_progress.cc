// SPDX-License-Identifier: Apache-2.0
#include "client/cli/job_progress.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "client/cli/cell_notes.h"
#include "client/cli/exit_code.h"
#include "client/cli/job_states.h"
#include "client/cli/output.h"
#include "client/cli/progress_bar.h"
#include "client/cli/report_text.h"
#include "client/cli/shown_text.h"
#include "client/cli/terminal.h"

namespace facet::cli {
namespace {

double Fraction(const v1::TrainingProgress& progress) {
  if (progress.total_steps() <= 0) return 0;
  // The line ends when the job does, not when the last step is done.
  return std::min(0.999, static_cast<double>(progress.step()) / progress.total_steps());
}

bool HasSteps(const v1::TrainingProgress& progress) { return progress.step() > 0 || progress.total_steps() > 0; }

std::string PresetName(const v1::TrainingSpec& spec) {
  if (spec.has_inline_preset()) return spec.inline_preset().name();
  return spec.preset().empty() ? "of the model" : spec.preset();
}

std::string FormatEstimate(const v1::ResourceEstimate& estimate) {
  std::string text = absl::StrCat("  needs about ", FormatBytes(estimate.memory_bytes()), " of memory, ",
                                  FormatBytes(estimate.disk_bytes()), " of disk and ",
                                  FormatTimeLeft(absl::Seconds(estimate.duration().seconds())), " (",
                                  estimate.duration_basis(), ")\n");
  for (const std::string& warning : estimate.warnings()) absl::StrAppend(&text, "  warning: ", warning, "\n");
  return text;
}

std::string FormatSpec(const v1::TrainingJob& job) {
  return absl::StrCat("  data set ", job.dataset_version(), ", preset ", PresetName(job.spec()));
}

// Of a job that does something with a model, a line that says so.
std::string FormatTask(const v1::TrainingJob& job) {
  if (job.model_version().empty()) return "";
  std::string text = absl::StrCat("  ", TaskName(job.spec()), " with ", job.model_version());
  if (job.test_dataset_versions_size() > 0) {
    absl::StrAppend(&text, ", tested on ", absl::StrJoin(job.test_dataset_versions(), ", "));
  }
  return text + "\n";
}

std::string FormatAttempt(const v1::TrainingAttempt& attempt) {
  std::string text =
      absl::StrCat("  attempt ", attempt.attempt(), ": steps ", attempt.first_step(), " to ", attempt.last_step());
  if (!attempt.has_end_time()) return absl::StrCat(text, ", running\n");
  return absl::StrCat(text, ", ended ", FormatTime(attempt.end_time()), ": ", attempt.message(), "\n");
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

std::vector<std::string> FormatProgressTexts(const v1::TrainingProgress& progress) {
  std::vector<std::string> words;
  // Nothing is known of a job before its trainer has begun.
  if (HasSteps(progress)) words.push_back(absl::StrCat(progress.step(), "/", progress.total_steps()));
  if (!progress.phase().empty() && progress.phase() != "training") words.push_back(progress.phase());
  if (progress.images_per_second() > 0) words.push_back(absl::StrFormat("%.0f images/s", progress.images_per_second()));
  if (progress.has_time_left()) {
    words.push_back(absl::StrCat(FormatTimeLeft(absl::Seconds(progress.time_left().seconds())), " left"));
  }
  std::vector<std::string> texts = {absl::StrJoin(words, ", ")};
  const auto& losses = progress.losses();
  const auto total = losses.find("generator");
  if (total != losses.end()) {
    words.push_back(absl::StrFormat("loss %.4g", total->second));
    texts.push_back(absl::StrJoin(words, ", "));
  }
  const std::map<std::string, double> parts(losses.begin(), losses.end());
  std::vector<std::string> named;
  for (const auto& [part, loss] : parts) {
    if (part != "generator") named.push_back(absl::StrFormat("%s %.3g", part, loss));
  }
  if (!named.empty()) texts.push_back(absl::StrCat(texts.back(), " (", absl::StrJoin(named, ", "), ")"));
  std::reverse(texts.begin(), texts.end());
  return texts;
}

std::string FormatProgress(const v1::TrainingProgress& progress) { return FormatProgressTexts(progress).front(); }

std::string DescribeJob(client::Client& client, const v1::TrainingJob& job, const std::string& place) {
  std::string text = absl::StrCat(job.name(), ": ", StateName(job.state()), place.empty() ? "" : ", ", place, "\n");
  absl::StrAppend(&text, FormatSpec(job), ", priority ", job.priority(), ", attempt ", job.attempt(), "\n",
                  FormatTask(job));
  absl::StrAppend(&text, "  made ", FormatTime(job.create_time()), ", started ", FormatTime(job.start_time()),
                  ", ended ", FormatTime(job.end_time()), "\n");
  v1::TrainingProgress progress = job.progress();
  // Of a job that has ended, as it stood.
  if (HasEnded(job.state())) progress.clear_time_left();
  const std::string done = FormatProgress(progress);
  if (!done.empty()) absl::StrAppend(&text, HasSteps(progress) ? "  step " : "  ", done, "\n");
  for (const auto& [part, loss] : job.progress().losses()) absl::StrAppendFormat(&text, "    %s %.5g\n", part, loss);
  if (job.has_estimate() && !job.has_start_time()) text += FormatEstimate(job.estimate());
  if (job.has_best_checkpoint()) {
    absl::StrAppendFormat(&text, "  best checkpoint: step %d, %.2f dB; newest: step %d\n", job.best_checkpoint().step(),
                          job.best_checkpoint().psnr_db(), job.last_checkpoint().step());
  }
  if (job.attempts_size() > 1) {
    for (const v1::TrainingAttempt& attempt : job.attempts()) text += FormatAttempt(attempt);
  }
  if (job.has_failure()) absl::StrAppend(&text, "  failed: ", FormatFailure(job.failure()), "\n");
  if (job.has_report()) text += FormatReport(job.report(), NotesOfJob(client, job));
  if (job.has_augmentation_report()) text += FormatReport(job.augmentation_report());
  if (job.published_size() > 0) absl::StrAppend(&text, "  published as ", absl::StrJoin(job.published(), ", "), "\n");
  return text;
}

std::string DescribePlan(const v1::TrainingJob& job) {
  return absl::StrCat(job.name(), ": nothing is wrong with it; only checked, not made\n", FormatSpec(job), "\n",
                      FormatTask(job), job.has_estimate() ? FormatEstimate(job.estimate()) : "");
}

namespace {

// What is shown of a job while it goes on.
class JobDisplay {
 public:
  JobDisplay(client::Client* client, std::string name, bool quiet, bool show)
      : client_(*client),
        name_(std::move(name)),
        quiet_(quiet),
        show_(show && !quiet),
        bar_(std::string(absl::StripPrefix(name_, "trainingJobs/")), quiet) {}

  // How a job stands, for those who did not see how it came there.
  void Begin(const v1::TrainingJob& job) {
    state_ = job.state();
    if (HasEnded(state_)) return;  // what it came to is told at the end
    std::string text = StateName(state_);
    if (job.has_best_checkpoint()) {
      absl::StrAppendFormat(&text, ", best checkpoint so far: step %d, %.2f dB", job.best_checkpoint().step(),
                            job.best_checkpoint().psnr_db());
    }
    Line(text);
    if (job.has_progress()) bar_.Update(Fraction(job.progress()), FormatProgressTexts(job.progress()));
  }

  void OnEvent(const v1::TrainingEvent& event) {
    connected_ = true;
    if (event.state() != state_ || !event.transition().empty()) {
      state_ = event.state();
      Line(absl::StrCat(StateName(event.state()), ": ", event.transition()));
    }
    if (event.has_checkpoint()) OnCheckpoint(event.checkpoint());
    if (event.has_progress()) bar_.Update(Fraction(event.progress()), FormatProgressTexts(event.progress()));
  }
  // Once for each time that the connection is lost.
  void OnBreak(const absl::Status& status) {
    if (connected_) Line(absl::StrCat("connection lost, trying again: ", status.message()));
    connected_ = false;
  }
  void Clear() { bar_.Clear(); }

 private:
  void Line(const std::string& text) {
    bar_.Clear();
    if (!quiet_) std::fprintf(stderr, "%s\n", ShownText(text).c_str());
  }
  void Draw(const cv::Mat& picture) {
    bar_.Clear();
    std::fprintf(stderr, "%s\n", DrawImage(picture, TerminalColumns()).c_str());
  }
  void OnCheckpoint(const v1::Checkpoint& checkpoint) {
    if (checkpoint.best()) {
      Line(absl::StrFormat("checkpoint of step %d: %.2f dB on %s images, the best so far", checkpoint.step(),
                           checkpoint.psnr_db(), checkpoint.held_out() ? "held-out" : "training"));
    }
    if (!show_) return;
    // Those of long ago need not be there any more; the next will do.
    const auto samples = client_.GetTrainingSamples(name_, checkpoint.step());
    if (!samples.ok()) return;
    const std::string& png = samples->png();
    const cv::Mat picture = cv::imdecode(std::vector<uchar>(png.begin(), png.end()), cv::IMREAD_COLOR);
    if (!picture.empty()) Draw(picture);
  }

  client::Client& client_;
  const std::string name_;
  const bool quiet_;
  const bool show_;
  ProgressBar bar_;
  bool connected_ = true;
  v1::TrainingJobState state_ = v1::TRAINING_JOB_STATE_UNSPECIFIED;
};

}  // namespace

absl::StatusOr<v1::TrainingJob> AwaitJob(Context& context, const std::string& name, const FollowOptions& options) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  {
    JobDisplay display(client, name, context.json, options.show);
    // A server that is not there at all is no outage to be waited for.
    ASSIGN_OR_RETURN(const v1::TrainingJob job, client->GetTrainingJob(name));
    if (!options.all) display.Begin(job);
    const int64_t seen = options.all ? 0 : job.revision();
    const auto on_event = [&](const v1::TrainingEvent& event) {
      display.OnEvent(event);
      return true;
    };
    RETURN_IF_ERROR(client->WatchTrainingJob(name, seen, absl::Minutes(10), on_event,
                                             [&](const absl::Status& status) { display.OnBreak(status); }));
    display.Clear();
  }
  return client->GetTrainingJob(name);
}

absl::Status CheckSucceeded(const v1::TrainingJob& job) {
  if (job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED) return absl::OkStatus();
  return JobFailedError(absl::StrCat(job.name(), " ended as ", StateName(job.state())));
}

absl::Status FollowJob(Context& context, const std::string& name, const FollowOptions& options) {
  ASSIGN_OR_RETURN(const v1::TrainingJob job, AwaitJob(context, name, options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  PrintLine(context.json ? ToJsonLine(job) : DescribeJob(*client, job));
  return CheckSucceeded(job);
}

}  // namespace facet::cli
