// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_JOB_PROGRESS_H_
#define FACET_MODEL_TRAIN_JOB_PROGRESS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "facet/v1/report.pb.h"
#include "model/train/event_sink.h"
#include "model/train/trainer.h"

namespace facet::model {

// Turns what happens in a job into events. Not thread-safe.
class JobProgress {
 public:
  // `clock` and `sink` outlive this.
  JobProgress(Clock* clock, EventSink* sink) : clock_(clock), sink_(sink) {}

  void SetPlan(int total_steps) { total_steps_ = total_steps; }

  // Begins `loading`, `training`, `judging` or `saving` at `step`; `points` are
  // those of the curve not yet told.
  void Phase(const std::string& phase, int step = 0, const std::vector<CurvePoint>& points = {});
  // Nothing to tell, but alive.
  void Heartbeat();
  // Steps of the phase `training`; the time left is that of the phase.
  void Step(const StepReport& report);
  // How far another phase is, in [0, 1]; told twice a second at the most.
  void Fraction(double done);
  // The same, at a step of the plan.
  void Fraction(double done, int step);
  void Saved(const SaveReport& report);
  void Stopped(int step);
  void Finished(const v1::EvaluationReport& report);
  void Finished(const internal::TrainerEvent::Finished& result);
  // A part of a task is done and on the disk.
  void Kept();
  // A line for the log alone.
  void Warn(const std::string& warning);

 private:
  v1::TrainingProgress Base() const;
  void Send(const v1::TrainingProgress& progress);

  Clock* clock_;
  EventSink* sink_;
  int total_steps_ = 0;
  std::string phase_;
  int step_ = 0;
  absl::Time phase_begin_;
  absl::Time last_sent_;
  int reported_step_ = 0;
  absl::Time reported_at_;
  double seconds_per_step_ = 0;  // smoothed
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_JOB_PROGRESS_H_
