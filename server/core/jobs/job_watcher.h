// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_WATCHER_H_
#define FACET_SERVER_CORE_JOBS_JOB_WATCHER_H_

#include <functional>

#include "absl/status/status.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// Called with each event of a job, in order of revision, and at last once with
// `on_done`: OK after the event that ends the job, else why watching ended.
// Calls do not overlap, come from the manager's thread, and must not block.
struct JobWatcher {
  std::function<void(const v1::TrainingEvent&)> on_event;
  std::function<void(absl::Status)> on_done;
  // Asked before each event; where it says no, events wait (in the store, they
  // take no memory) until JobManager::WatcherReady. Absent: always ready.
  std::function<bool()> ready = nullptr;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_WATCHER_H_
