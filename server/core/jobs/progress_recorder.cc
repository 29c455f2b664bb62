// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/progress_recorder.h"

#include "absl/strings/str_cat.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::string_view kLoading = "loading";

}  // namespace

void ProgressRecorder::OnEvent(const internal::TrainerEvent& event) {
  if (event.has_progress()) OnProgress(event.progress());
  if (event.has_saved()) OnSaved(event.saved());
  if (event.has_kept()) saved_ = true;
}

void ProgressRecorder::OnProgress(const v1::TrainingProgress& progress) {
  const absl::Time now = clock_->Now();
  if (!training_ && progress.phase() != kLoading) {
    const std::string text = progress.step() == 0
                                 ? absl::StrCat(progress.phase(), " begins")
                                 : absl::StrCat(progress.phase(), " goes on from step ", progress.step());
    first_step_ = progress.step();
    training_ = ledger_->Apply(job_, JobVerb::kTraining, text).ok();
  }
  Measure(progress, now);
  const bool keep = WorthKeeping(progress, now);
  latest_ = progress;
  latest_->clear_points();
  latest_time_ = now;
  waiting_points_.MergeFrom(progress.points());
  if (!keep || !Keep(progress)) return;
  kept_time_ = now;
  kept_phase_ = progress.phase();
}

bool ProgressRecorder::Keep(v1::TrainingProgress progress) {
  *progress.mutable_points() = waiting_points_;
  if (!ledger_->AddProgress(job_, progress).ok()) return false;
  waiting_points_.Clear();
  return true;
}

void ProgressRecorder::Flush() {
  if (!waiting_points_.empty() && latest_.has_value()) Keep(*latest_);
}

bool ProgressRecorder::WorthKeeping(const v1::TrainingProgress& progress, absl::Time now) const {
  const bool last_step =
      progress.step() == progress.total_steps() && latest_.has_value() && latest_->step() != progress.step();
  return progress.phase() != kept_phase_ || last_step || now - kept_time_ >= kInterval;
}

void ProgressRecorder::Measure(const v1::TrainingProgress& progress, absl::Time now) {
  if (!latest_.has_value() || progress.step() <= latest_->step()) return;
  const double seconds = absl::ToDoubleSeconds(now - latest_time_);
  const double rate = seconds > 0 ? (progress.step() - latest_->step()) / seconds : 0;
  const absl::string_view id = JobIdOf(job_);
  for (const auto& [part, loss] : progress.losses()) {
    metrics_->TrainingProgress(id, progress.step(), rate, part, loss);
  }
}

void ProgressRecorder::OnSaved(const internal::TrainerEvent::Saved& saved) {
  if (saved.error().empty()) {
    saved_ = true;
    v1::Checkpoint checkpoint = saved.checkpoint();
    checkpoint.set_step(saved.step());
    ledger_->AddCheckpoint(job_, std::move(checkpoint)).IgnoreError();
    return;
  }
  ledger_
      ->AddNote(job_, absl::StrCat("the checkpoint of step ", saved.step(),
                                   " could not be saved, training goes on: ", saved.error()))
      .IgnoreError();
}

}  // namespace facet::server
