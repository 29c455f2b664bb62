// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_SUPERVISOR_H_
#define FACET_SERVER_CORE_JOBS_JOB_SUPERVISOR_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/thread.h"
#include "server/core/jobs/job_ledger.h"
#include "server/core/jobs/progress_recorder.h"
#include "server/core/jobs/trainer_run.h"
#include "server/core/metrics/metrics.h"

namespace facet::server {

struct JobSupervisorOptions {
  std::string root;  // a job's folder is `<root>/<id>`
  std::string trainer_path;
  int max_running = 1;
  absl::Duration stop_grace = absl::Seconds(30);
  int max_restarts = 3;
  absl::Duration restart_backoff = absl::Seconds(1);
  JobLedger* ledger = nullptr;
  Clock* clock = nullptr;
  ProcessLauncher* launcher = nullptr;
  Metrics* metrics = nullptr;
};

// Runs jobs in the order they were queued, at most `max_running` at once, each
// by a trainer of its own, and writes into the ledger what becomes of them. The
// ledger decides: a job that may not start any more when its turn comes (it was
// cancelled meanwhile) is passed over.
//
// A trainer that dies unasked is started again from its last checkpoint after
// `restart_backoff`, twice that the next time and so on; after `max_restarts`
// deaths in a row without a new checkpoint the job fails.
//
// Thread-safe; calls do not block, but for Shutdown and the destructor, which
// wait until the trainers have saved and ended, for `stop_grace` at most.
class JobSupervisor {
 public:
  explicit JobSupervisor(JobSupervisorOptions options);
  ~JobSupervisor();

  // Puts a job at the end of the queue; no effect where it is in it.
  void Enqueue(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes it out.
  void Dequeue(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Stops its trainer, if it has one: asked, then killed after `stop_grace`, or
  // killed at once.
  void Stop(const std::string& name, bool now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Starts nothing any more and stops all trainers; their jobs stay in the
  // ledger as recovering.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Waiting {
    std::string name;
    absl::Time not_before;
  };
  // One attempt at a job.
  struct Attempt {
    std::unique_ptr<ProgressRecorder> recorder;
    std::unique_ptr<TrainerRun> run;
    absl::Time kill_at = absl::InfiniteFuture();
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  // The supervisor's thread.
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Time NextDeadline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KillOverdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next job whose turn it is, moved from the queue to the attempts.
  std::optional<std::string> TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayStart(const Waiting& waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartJob(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  AttemptPtr MakeAttempt(const std::string& name);
  void StopAttempt(Attempt& attempt, bool now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push(const std::string& name, absl::Time not_before) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string FolderOf(const std::string& name) const;

  // An attempt's thread, once its trainer is gone.
  void OnExit(const std::string& name, TrainerOutcome outcome) ABSL_LOCKS_EXCLUDED(mutex_);
  // Number of deaths in a row, this one included.
  int CountDeath(const std::string& name, bool saved) ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<v1::TrainingJobState> Conclude(const std::string& name, const TrainerOutcome& outcome,
                                               const std::optional<v1::TrainingProgress>& progress)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Retire(const std::string& name, std::optional<absl::Duration> restart_after)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const JobSupervisorOptions options_;
  absl::Mutex mutex_;
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, AttemptPtr> attempts_ ABSL_GUARDED_BY(mutex_);
  // Ended; their threads are joined by the supervisor's.
  std::vector<AttemptPtr> retired_ ABSL_GUARDED_BY(mutex_);
  // Deaths since the last new checkpoint, by job.
  std::map<std::string, int> deaths_ ABSL_GUARDED_BY(mutex_);
  Thread thread_;  // last: it uses the rest
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_SUPERVISOR_H_
