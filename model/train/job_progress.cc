// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace facet::model {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(500);
// Weight of the newest measurement in smoothed figures.
constexpr double kNewest = 0.3;

void SetTimeLeft(double seconds, v1::TrainingProgress* progress) {
  progress->mutable_time_left()->set_seconds(std::llround(std::max(0.0, seconds)));
}

void AddPoints(const std::vector<CurvePoint>& points, v1::TrainingProgress* progress) {
  for (const CurvePoint& point : points) {
    v1::CurvePoint* added = progress->add_points();
    added->set_step(point.step);
    added->set_learning_rate(point.learning_rate);
    for (const auto& [part, loss] : point.losses) (*added->mutable_losses())[part] = loss;
  }
}

}  // namespace

v1::TrainingProgress JobProgress::Base() const {
  v1::TrainingProgress progress;
  progress.set_phase(phase_);
  progress.set_step(step_);
  progress.set_total_steps(total_steps_);
  return progress;
}

void JobProgress::Send(const v1::TrainingProgress& progress) {
  last_sent_ = clock_->Now();
  internal::TrainerEvent event;
  *event.mutable_progress() = progress;
  sink_->Send(event);
}

void JobProgress::Heartbeat() {
  internal::TrainerEvent event;
  event.mutable_heartbeat();
  sink_->Send(event);
}

void JobProgress::Phase(const std::string& phase, int step, const std::vector<CurvePoint>& points) {
  phase_ = phase;
  step_ = reported_step_ = step;
  phase_begin_ = reported_at_ = clock_->Now();
  seconds_per_step_ = 0;
  v1::TrainingProgress progress = Base();
  AddPoints(points, &progress);
  Send(progress);
}

void JobProgress::Step(const StepReport& report) {
  const absl::Time now = clock_->Now();
  const int steps = report.step - reported_step_;
  if (steps > 0) {
    const double measured = absl::ToDoubleSeconds(now - reported_at_) / steps;
    const double weight = seconds_per_step_ > 0 ? kNewest : 1.0;
    seconds_per_step_ += weight * (measured - seconds_per_step_);
  }
  step_ = reported_step_ = report.step;
  reported_at_ = now;
  v1::TrainingProgress progress = Base();
  for (const auto& [part, loss] : report.losses) (*progress.mutable_losses())[part] = loss;
  AddPoints(report.points, &progress);
  progress.set_learning_rate(report.learning_rate);
  progress.set_images_per_second(report.images_per_second);
  SetTimeLeft((total_steps_ - step_) * seconds_per_step_, &progress);
  Send(progress);
}

void JobProgress::Fraction(double done) {
  const absl::Time now = clock_->Now();
  if (done <= 0 || now - last_sent_ < kInterval) return;
  v1::TrainingProgress progress = Base();
  SetTimeLeft(absl::ToDoubleSeconds(now - phase_begin_) * (1 - done) / done, &progress);
  Send(progress);
}

void JobProgress::Fraction(double done, int step) {
  step_ = step;
  Fraction(done);
}

void JobProgress::Saved(const SaveReport& report) {
  internal::TrainerEvent event;
  internal::TrainerEvent::Saved& saved = *event.mutable_saved();
  saved.set_step(report.step);
  if (report.status.ok()) {
    v1::Checkpoint& checkpoint = *saved.mutable_checkpoint();
    checkpoint.set_step(report.step);
    checkpoint.set_psnr_db(report.psnr_db);
    checkpoint.set_held_out(report.held_out);
    checkpoint.set_best(report.best);
    checkpoint.set_size_bytes(report.size_bytes);
  } else {
    saved.set_error(report.status.ToString(absl::StatusToStringMode::kWithNoExtraData));
  }
  sink_->Send(event);
}

void JobProgress::Stopped(int step) {
  internal::TrainerEvent event;
  event.mutable_stopped()->set_step(step);
  sink_->Send(event);
}

void JobProgress::Finished(const v1::EvaluationReport& report) {
  internal::TrainerEvent::Finished result;
  *result.mutable_report() = report;
  Finished(result);
}

void JobProgress::Finished(const internal::TrainerEvent::Finished& result) {
  internal::TrainerEvent event;
  *event.mutable_finished() = result;
  sink_->Send(event);
}

void JobProgress::Kept() {
  internal::TrainerEvent event;
  event.mutable_kept();
  sink_->Send(event);
}

void JobProgress::Warn(const std::string& warning) {
  std::fprintf(stderr, "warning: %s\n", warning.c_str());
  std::fflush(stderr);
}

}  // namespace facet::model
