// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_WATCHES_H_
#define FACET_SERVER_CORE_JOBS_JOB_WATCHES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread.h"
#include "server/core/jobs/job_watcher.h"
#include "server/core/store/store.h"

namespace facet::server {

struct JobWatchesOptions {
  Store* store = nullptr;
  Clock* clock = nullptr;  // of deadlines alone
  int max_watches = 1024;
  // How long a watcher may stay unready while events wait for it.
  absl::Duration patience = absl::Minutes(1);
  Clock* wall_clock = Clock::Real();  // stamps heartbeats
};

// Brings events from the store to those who watch. The store is the queue: a
// watcher is no more than the revision it has come to, so that memory does not
// grow with slow ones, nobody misses an event, and what is seen was committed.
// One thread serves all; watchers that have come to the same revision share one
// reading of the store. Where nothing happens, heartbeats come.
//
// Thread-safe; calls do not block on the disk.
class JobWatches {
 public:
  explicit JobWatches(JobWatchesOptions options);
  // As Close, with UNAVAILABLE.
  ~JobWatches();

  // RESOURCE_EXHAUSTED: too many. UNAVAILABLE: closed. The watch itself ends
  // with OUT_OF_RANGE (reason REVISION_COMPACTED) where events are missing that
  // it would have to bring. One that began at 0 takes what there is until it has
  // once caught up, however long that takes.
  absl::StatusOr<int64_t> Add(const std::string& job, int64_t after_revision, JobWatcher watcher,
                              absl::Duration heartbeat = absl::Seconds(15)) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for a call that is under way, unless it comes from within one.
  void Remove(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  // The job may have new events.
  void Notify(const std::string& job) ABSL_LOCKS_EXCLUDED(mutex_);
  // The watcher may take events again.
  void Ready(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all watches with `status` and refuses new ones.
  void Close(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Watch {
    int64_t id = 0;
    std::string job;
    JobWatcher watcher;
    absl::Duration heartbeat;
    // The thread's alone: revision of the last event delivered; whether it is
    // content with what there is, as one that began at 0 until it has caught up.
    int64_t revision = 0;
    bool takes_gaps = false;
    absl::Time last_sent;
    absl::Time unready_since = absl::InfiniteFuture();
    // Under mutex_:
    bool removed = false;
    absl::Time timer = absl::InfiniteFuture();  // in timers_, where finite
  };
  using WatchPtr = std::shared_ptr<Watch>;
  enum class Progress { kCaughtUp, kMore, kUnready, kOver };
  // What the store had after a revision, while `generation` lasts.
  struct Page {
    std::string job;
    int64_t after = -1;
    int64_t generation = -1;
    absl::StatusOr<std::vector<v1::TrainingEvent>> events;
    int64_t compacted = 0;
    // The job itself, once it was asked for.
    std::optional<absl::StatusOr<JobRecord>> record;
  };

  // On the thread.
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  void SetDue(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer(Watch& watch, absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RingTimers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Watch& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next watch with something to do, in turns.
  WatchPtr TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Serve(Watch& watch) ABSL_LOCKS_EXCLUDED(mutex_);
  const Page& Read(const Watch& watch) ABSL_LOCKS_EXCLUDED(mutex_);
  // Where it is over, `end` says how.
  Progress Deliver(Watch& watch, absl::Status* end) ABSL_LOCKS_EXCLUDED(mutex_);
  Progress DeliverNone(Watch& watch, absl::Status* end);
  // Whether events are missing that the watch has to bring.
  static bool HasGap(const Watch& watch, const Page& page);
  void Heartbeat(Watch& watch, const v1::TrainingJob& job);
  // Returns whether the watch is over.
  bool NoteProgress(Watch& watch, Progress progress, absl::Status* end) ABSL_LOCKS_EXCLUDED(mutex_);
  void End(Watch& watch, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndAll() ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsRemoved(const Watch& watch) ABSL_LOCKS_EXCLUDED(mutex_);

  const JobWatchesOptions options_;
  absl::Mutex mutex_;
  std::map<int64_t, WatchPtr> watches_ ABSL_GUARDED_BY(mutex_);
  std::set<int64_t> due_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, int64_t>> timers_ ABSL_GUARDED_BY(mutex_);
  // Of what is in the store: grows with each change.
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  Page page_;  // the thread's alone
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  // Whose watcher is being called, or was last.
  int64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  bool calling_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id loop_ ABSL_GUARDED_BY(mutex_);
  Thread thread_;  // last: it uses the rest
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_WATCHES_H_
