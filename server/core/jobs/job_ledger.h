// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_LEDGER_H_
#define FACET_SERVER_CORE_JOBS_JOB_LEDGER_H_

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_state.h"
#include "server/core/metrics/metrics.h"
#include "server/core/store/store.h"

namespace facet::server {

struct JobLedgerOptions {
  Store* store = nullptr;
  Clock* clock = nullptr;
  Metrics* metrics = nullptr;
  int max_queued = 64;
  // Called with the name of a job that has a new event or is gone, after the
  // commit, without locks held. Must not block.
  std::function<void(const std::string&)> on_change;
};

// The one writer of jobs: each change goes through the table of job_state.h,
// under one lock, and is in the store with its event before it is seen.
// Thread-safe; calls block on the disk. A call that fails has changed nothing.
//
// Errors: NOT_FOUND for an unknown job, FAILED_PRECONDITION (reason
// ILLEGAL_TRANSITION) where the table refuses, errors of Store.
class JobLedger {
 public:
  using Edit = std::function<void(v1::TrainingJob&)>;

  // Counts the jobs that the store has.
  static absl::StatusOr<std::unique_ptr<JobLedger>> Create(JobLedgerOptions options);

  // RESOURCE_EXHAUSTED (QUEUE_FULL, RetryInfo): Insert would refuse a job now.
  absl::Status CheckRoom() ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps a new job, queued. RESOURCE_EXHAUSTED (reason QUEUE_FULL, RetryInfo).
  absl::StatusOr<v1::TrainingJob> Insert(v1::TrainingJob job, const std::string& request_id)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Moves a job, with `why` as the text of the event; `edit` is applied in the
  // same commit. Where the state stays, nothing is written. Returns the job.
  // RESOURCE_EXHAUSTED (QUEUE_FULL): it would have to queue.
  absl::StatusOr<v1::TrainingJob> Apply(const std::string& name, JobVerb verb, const std::string& why,
                                        const Edit& edit = nullptr) ABSL_LOCKS_EXCLUDED(mutex_);

  // Events without a change of state: progress, checkpoints (of now, where they
  // have no time), and what people should know.
  absl::Status AddProgress(const std::string& name, const v1::TrainingProgress& progress) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status AddCheckpoint(const std::string& name, v1::Checkpoint checkpoint) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status AddNote(const std::string& name, const std::string& text) ABSL_LOCKS_EXCLUDED(mutex_);

  // A change that is no event.
  absl::Status Amend(const std::string& name, const Edit& edit) ABSL_LOCKS_EXCLUDED(mutex_);
  // Where the table lets kDelete through.
  absl::Status Remove(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes `progress` that of the job: without points, and with the figures of
  // before where it has none.
  static void SetProgress(v1::TrainingProgress progress, v1::TrainingJob* job);
  google::protobuf::Timestamp Now() const;

 private:
  explicit JobLedger(JobLedgerOptions options) : options_(std::move(options)) {}
  absl::Status CountJobs() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(v1::TrainingJobState state, int change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::TrainingEvent MakeEvent(const v1::TrainingJob& job) const;
  // What follows from a change of state, whoever asked for it.
  absl::Status Stamp(v1::TrainingJobState before, JobVerb verb, v1::TrainingJob* job);
  absl::Status CloseAttempt(v1::TrainingJob* job);
  absl::StatusOr<v1::TrainingJob> Move(const std::string& name, JobVerb verb, const std::string& why, const Edit& edit,
                                       bool* changed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AddEvent(const std::string& name, const std::function<void(v1::TrainingJob&, v1::TrainingEvent&)>& fill)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const JobLedgerOptions options_;
  absl::Mutex mutex_;
  std::array<int, v1::TrainingJobState_ARRAYSIZE> counts_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_LEDGER_H_
