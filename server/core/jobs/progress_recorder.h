// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_
#define FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_ledger.h"
#include "server/core/metrics/metrics.h"

namespace facet::server {

// Turns what one trainer tells on its way into events of its job. A trainer
// tells more than is worth a write to the disk: of its progress one event a
// second is kept, and each that begins a phase or has the last step. What
// cannot be written (a full disk) is left out; training goes on. Points of the
// curve are never left out: they wait for the next event that is kept.
//
// Not thread-safe: it belongs to the thread of the run.
class ProgressRecorder {
 public:
  // All outlive this.
  ProgressRecorder(std::string job, JobLedger* ledger, Clock* clock, Metrics* metrics)
      : job_(std::move(job)), ledger_(ledger), clock_(clock), metrics_(metrics) {}

  void OnEvent(const internal::TrainerEvent& event);
  // Keeps points that still wait. Call at the end.
  void Flush();

  // The newest progress, kept or not.
  const std::optional<v1::TrainingProgress>& latest() const { return latest_; }
  // Whether a checkpoint was saved, or a part of a task: a trainer that dies
  // again and again without one gets nowhere.
  bool saved() const { return saved_; }
  // Steps done when training began; nothing before that.
  std::optional<int> first_step() const { return first_step_; }

 private:
  void OnProgress(const v1::TrainingProgress& progress);
  bool Keep(v1::TrainingProgress progress);
  void OnSaved(const internal::TrainerEvent::Saved& saved);
  void Measure(const v1::TrainingProgress& progress, absl::Time now);
  bool WorthKeeping(const v1::TrainingProgress& progress, absl::Time now) const;

  const std::string job_;
  JobLedger* const ledger_;
  Clock* const clock_;
  Metrics* const metrics_;
  std::optional<v1::TrainingProgress> latest_;
  std::optional<int> first_step_;
  google::protobuf::RepeatedPtrField<v1::CurvePoint> waiting_points_;
  absl::Time latest_time_ = absl::InfinitePast();
  absl::Time kept_time_ = absl::InfinitePast();
  std::string kept_phase_;
  bool training_ = false;
  bool saved_ = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_
