// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_TRAINER_RUN_H_
#define FACET_SERVER_CORE_JOBS_TRAINER_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/process.h"
#include "base/thread.h"
#include "facet/internal/trainer.pb.h"
#include "server/core/jobs/trainer_outcome.h"

namespace facet::server {

struct TrainerRunOptions {
  ProcessLauncher* launcher = nullptr;
  std::string trainer_path;
  std::string job_dir;
  std::string device = "auto";
  // Both on the run's thread. Events in order, then `on_exit` once, when the
  // process is gone.
  std::function<void(const internal::TrainerEvent&)> on_event;
  std::function<void(const TrainerOutcome&)> on_exit;
  // CountOomKills, before and after. Absent: memory never runs out.
  std::function<int64_t()> count_oom_kills = nullptr;
};

// One process of facet-trainer, from its start to its end, on a thread of its
// own. Thread-safe; stopping and killing do not block. The destructor kills what still
// runs and waits for `on_exit` to return.
class TrainerRun {
 public:
  explicit TrainerRun(TrainerRunOptions options) : options_(std::move(options)) {}
  ~TrainerRun();
  TrainerRun(const TrainerRun&) = delete;
  TrainerRun& operator=(const TrainerRun&) = delete;

  // Starts the process. Call once. Where the system has no thread left for the
  // run, calls `on_exit` itself, as for a process that could not be started.
  // `attempt` is told to it as FACET_ATTEMPT: one that is not the first saves
  // early.
  void Start(int attempt = 1);
  // Asks it to save and end; before the start, there will be no process.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  // As somebody asked.
  void Kill() ABSL_LOCKS_EXCLUDED(mutex_);
  // It was asked to stop and takes too long.
  void KillOverdue() ABSL_LOCKS_EXCLUDED(mutex_);
  // It does nothing any more: kills it, which does not count as asked for.
  void KillHung() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  void Conclude(TrainerTraces traces) ABSL_LOCKS_EXCLUDED(mutex_);
  // Null where there is no process, as `traces` then says.
  Process* Launch(TrainerTraces* traces);
  void ReadEvents(Process* process, TrainerTraces* traces);
  bool stop_asked() ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t oom_kills() const { return options_.count_oom_kills ? options_.count_oom_kills() : 0; }

  const TrainerRunOptions options_;
  absl::Mutex mutex_;
  bool stop_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool kill_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool overdue_ ABSL_GUARDED_BY(mutex_) = false;
  bool hung_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Process> process_ ABSL_GUARDED_BY(mutex_);
  int attempt_ = 1;
  std::optional<Thread> thread_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_TRAINER_RUN_H_
