// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_
#define FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
// curve are never left out: they wait for the next event that is kept. So do the
// newest checkpoint, the best, and of checkpoints that could not be saved the
// first and the last.
//
// Not thread-safe: it belongs to the thread of the run.
class ProgressRecorder {
 public:
  // What is wrong, and why: for the server's log.
  using Warn = std::function<void(const std::string& what, const std::string& why)>;

  // All outlive this. `warn` may be absent; it is called once when checkpoints
  // begin to fail, or writes to the store, and again after one that went well.
  ProgressRecorder(std::string job, JobLedger* ledger, Clock* clock, Metrics* metrics, Warn warn = nullptr)
      : job_(std::move(job)), ledger_(ledger), clock_(clock), metrics_(metrics), warn_(std::move(warn)) {}

  void OnEvent(const internal::TrainerEvent& event);
  // Keeps what still waits. Call at the end.
  void Flush();
  // Checkpoints that still wait, as those of the job.
  void PutWaitingCheckpoints(v1::TrainingJob* job) const;

  // The newest progress, kept or not.
  const std::optional<v1::TrainingProgress>& latest() const { return latest_; }
  // Whether a checkpoint was saved, or a part of a task: a trainer that dies
  // again and again without one gets nowhere.
  bool saved() const { return saved_; }
  // The last step that is known to be done: trained, or in a checkpoint.
  int last_step() const { return std::max(saved_step_, latest_.has_value() ? latest_->step() : 0); }
  // Steps done when training began; nothing before that.
  std::optional<int> first_step() const { return first_step_; }

 private:
  void OnProgress(const v1::TrainingProgress& progress);
  bool Keep(v1::TrainingProgress progress);
  void OnSaved(const internal::TrainerEvent::Saved& saved);
  void OnSaveFailed(const internal::TrainerEvent::Saved& saved);
  void Hold(v1::Checkpoint checkpoint);
  void HoldNote(std::string note);
  // As far as there is room for it.
  void WriteWaiting();
  // Whether `status`, of a write, is OK; warns where it is the first that is not.
  bool Wrote(const absl::Status& status);
  void Measure(const v1::TrainingProgress& progress, absl::Time now);
  bool WorthKeeping(const v1::TrainingProgress& progress, absl::Time now) const;

  const std::string job_;
  JobLedger* const ledger_;
  Clock* const clock_;
  Metrics* const metrics_;
  const Warn warn_;
  std::optional<v1::TrainingProgress> latest_;
  std::optional<int> first_step_;
  google::protobuf::RepeatedPtrField<v1::CurvePoint> waiting_points_;
  std::vector<v1::Checkpoint> waiting_checkpoints_;  // two at most, the newest last
  std::vector<std::string> waiting_notes_;           // two at most
  int notes_left_out_ = 0;                           // between them
  absl::Time latest_time_ = absl::InfinitePast();
  absl::Time kept_time_ = absl::InfinitePast();
  std::string kept_phase_;
  bool training_ = false;
  bool saved_ = false;
  int saved_step_ = 0;
  bool saves_fail_ = false;
  bool writes_fail_ = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_PROGRESS_RECORDER_H_
