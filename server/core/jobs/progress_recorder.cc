// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/progress_recorder.h"

#include <algorithm>
#include <utility>

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
  metrics_->TrainingReport();
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
  if (!Wrote(ledger_->AddProgress(job_, progress))) return false;
  waiting_points_.Clear();
  WriteWaiting();
  return true;
}

void ProgressRecorder::Flush() {
  if (!waiting_points_.empty() && latest_.has_value()) Keep(*latest_);
  WriteWaiting();
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
  if (!saved.error().empty()) return OnSaveFailed(saved);
  saved_ = true;
  saves_fail_ = false;
  saved_step_ = std::max(saved_step_, saved.step());
  v1::Checkpoint checkpoint = saved.checkpoint();
  checkpoint.set_step(saved.step());
  *checkpoint.mutable_time() = ledger_->Now();
  Hold(std::move(checkpoint));
  WriteWaiting();
}

void ProgressRecorder::OnSaveFailed(const internal::TrainerEvent::Saved& saved) {
  const std::string what =
      absl::StrCat("the checkpoint of step ", saved.step(), " could not be saved, training goes on");
  if (!saves_fail_ && warn_) warn_(what, saved.error());
  saves_fail_ = true;
  HoldNote(absl::StrCat(what, ": ", saved.error()));
  WriteWaiting();
}

void ProgressRecorder::Hold(v1::Checkpoint checkpoint) {
  const auto passed = [&](const v1::Checkpoint& other) { return checkpoint.best() || !other.best(); };
  waiting_checkpoints_.erase(std::remove_if(waiting_checkpoints_.begin(), waiting_checkpoints_.end(), passed),
                             waiting_checkpoints_.end());
  waiting_checkpoints_.push_back(std::move(checkpoint));
}

void ProgressRecorder::HoldNote(std::string note) {
  if (waiting_notes_.size() == 2) {
    waiting_notes_.pop_back();
    ++notes_left_out_;
  }
  waiting_notes_.push_back(std::move(note));
}

void ProgressRecorder::WriteWaiting() {
  while (!waiting_notes_.empty()) {
    std::string note = waiting_notes_.front();
    const bool last = waiting_notes_.size() == 1;
    if (last && notes_left_out_ > 0) absl::StrAppend(&note, " (and ", notes_left_out_, " times before, untold)");
    if (!Wrote(ledger_->AddNote(job_, note))) return;
    waiting_notes_.erase(waiting_notes_.begin());
    if (last) notes_left_out_ = 0;
  }
  while (!waiting_checkpoints_.empty()) {
    if (!Wrote(ledger_->AddCheckpoint(job_, waiting_checkpoints_.front()))) return;
    waiting_checkpoints_.erase(waiting_checkpoints_.begin());
  }
}

void ProgressRecorder::PutWaitingCheckpoints(v1::TrainingJob* job) const {
  for (const v1::Checkpoint& checkpoint : waiting_checkpoints_) {
    *job->mutable_last_checkpoint() = checkpoint;
    if (checkpoint.best()) *job->mutable_best_checkpoint() = checkpoint;
  }
}

bool ProgressRecorder::Wrote(const absl::Status& status) {
  if (!status.ok() && !writes_fail_ && warn_) {
    warn_("the progress of a training job cannot be written to the store, and is left out",
          std::string(status.message()));
  }
  writes_fail_ = !status.ok();
  return status.ok();
}

}  // namespace facet::server
