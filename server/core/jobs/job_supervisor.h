// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_SUPERVISOR_H_
#define FACET_SERVER_CORE_JOBS_JOB_SUPERVISOR_H_

#include <cstdint>
#include <deque>
#include <functional>
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
  std::string device = "auto";  // of trainers
  int max_running = 1;
  absl::Duration stop_grace = absl::Seconds(30);
  int max_restarts = 3;
  absl::Duration restart_backoff = absl::Seconds(1);
  // Silence of a trainer after which it is taken to hang and killed.
  absl::Duration max_silence = absl::Minutes(5);
  // CountOomKills; absent: memory never runs out.
  std::function<int64_t()> count_oom_kills;
  // Called with the name of a job, on a thread that may block: when its trainer
  // has ended and the ledger has not yet been told, so that the job's files are
  // nobody else's, with the report, empty where there is none; and once the job
  // has ended.
  std::function<void(const std::string&, const v1::EvaluationReport&)> before_end;
  std::function<void(const std::string&)> on_end;
  // Called with the name of a job, with what goes wrong about it that does not
  // end it, and why; on a thread that may block. May be absent.
  std::function<void(const std::string& job, const std::string& what, const std::string& why)> on_warning;
  JobLedger* ledger = nullptr;
  // Of deadlines alone: best one that nobody sets.
  Clock* clock = nullptr;
  ProcessLauncher* launcher = nullptr;
  Metrics* metrics = nullptr;
};

// Where a job stands in the queue: those that had begun and lost their trainer
// come first, whatever their priority, for they have a place; then by priority;
// among equals who came first.
struct JobRank {
  int priority = 0;
  bool begun = false;
};

struct RankedJob {
  std::string name;
  JobRank rank;
};

// Runs jobs by rank, at most `max_running` at once, each by a trainer of its
// own, and writes into the ledger what becomes of them. The ledger decides: a
// job that may not start any more when its turn comes (it was cancelled
// meanwhile) is passed over.
//
// A trainer that dies unasked, or is killed for its silence, is started again
// from its last checkpoint after `restart_backoff`, twice that the next time and
// so on. Meanwhile its job keeps its place: it counts against `max_running`, and
// nothing takes over, of whatever priority. After `max_restarts` restarts in a
// row without a new checkpoint the next death fails the job. One that finds the
// job taken by an orphan is started again, too, once that was ended.
//
// Thread-safe; calls do not block, but for Shutdown and the destructor, which
// wait until the trainers have saved and ended, for `stop_grace` at most.
class JobSupervisor {
 public:
  explicit JobSupervisor(JobSupervisorOptions options);
  ~JobSupervisor();

  // Puts a job into the queue, behind those of equal rank; no effect where it
  // is in it.
  void Enqueue(const std::string& name, JobRank rank = {}) ABSL_LOCKS_EXCLUDED(mutex_);
  // Likewise several, of which none starts before all are in it.
  void EnqueueAll(const std::vector<RankedJob>& jobs) ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes it out; a place that it kept is free at once.
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
    JobRank rank;
    absl::Time not_before;
  };
  // One attempt at a job.
  struct Attempt {
    std::unique_ptr<ProgressRecorder> recorder;
    std::unique_ptr<TrainerRun> run;
    int priority = 0;
    int64_t log_begin = 0;  // where its part of the log begins
    v1::TrainingAttempt record;
    // Under mutex_:
    bool dequeued = false;  // and is not to be queued again by its end
    absl::Time kill_at = absl::InfiniteFuture();
    absl::Time silent_until = absl::InfiniteFuture();
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  // The supervisor's thread.
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Time NextDeadline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KillOverdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The trainer has told something.
  void Heard(Attempt& attempt) ABSL_LOCKS_EXCLUDED(mutex_);
  // The next job whose turn it is, moved from the queue to the attempts.
  std::optional<std::string> TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayStart(const Waiting& waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a place is free for it, or its own.
  bool HasPlace(const Waiting& waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartJob(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  AttemptPtr MakeAttempt(const Waiting& waiting);
  void StopAttempt(Attempt& attempt, bool now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push(Waiting waiting) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string FolderOf(const std::string& name) const;
  void Warn(const std::string& name, const std::string& what, const std::string& why) const;

  // An attempt's thread, once its trainer is gone.
  void OnExit(const std::string& name, TrainerOutcome outcome) ABSL_LOCKS_EXCLUDED(mutex_);
  // Number of deaths in a row, this one included.
  int CountDeath(const std::string& name, bool saved) ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes a death a failure where there were too many. Returns their number.
  int JudgeDeath(const std::string& name, const Attempt& attempt, TrainerOutcome* outcome) ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<v1::TrainingJobState> Conclude(const std::string& name, const TrainerOutcome& outcome,
                                               const Attempt& attempt) ABSL_LOCKS_EXCLUDED(mutex_);
  // `keeps_place`: nothing else runs in its place until it is started again.
  void Retire(const std::string& name, std::optional<absl::Duration> restart_after, bool keeps_place = true)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const JobSupervisorOptions options_;
  absl::Mutex mutex_;
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // In the order in which they come to run.
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
