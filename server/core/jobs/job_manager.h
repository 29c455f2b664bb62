// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_MANAGER_H_
#define FACET_SERVER_CORE_JOBS_JOB_MANAGER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/process.h"
#include "facet/v1/training.pb.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/metrics/metrics.h"
#include "server/core/store/store.h"

namespace facet::server {

struct JobManagerOptions {
  std::string root;          // <state_dir>/jobs
  std::string preset_dir;    // <data_dir>/presets
  std::string trainer_path;  // the program facet-trainer
  int max_queued = 64;
  int max_running = 1;
  // How long a trainer that was asked to stop may take before it is killed.
  absl::Duration stop_grace = absl::Seconds(30);
  FileSystem* file_system = nullptr;
  Clock* clock = nullptr;
  ProcessLauncher* launcher = nullptr;
  Store* store = nullptr;
  DatasetRegistry* datasets = nullptr;
  Metrics* metrics = nullptr;
};

// Called with each event of a job, in order of revision, and at last once with
// `done` set: OK after the event that ends the job, else why watching ended.
// Calls do not overlap, come from the manager's threads, and must not block.
struct JobWatcher {
  std::function<void(const v1::TrainingEvent&)> on_event;
  std::function<void(absl::Status)> on_done;
};

// Queues training jobs and supervises a trainer process for each that runs.
// Thread-safe; calls block on the disk for as long as a commit takes.
//
// The destructor and Shutdown() stop the trainers that run, after they have
// saved; their jobs go on when the next manager starts on the same store.
class JobManager {
 public:
  // Takes up what the store holds: jobs that ran when the server died go on.
  static absl::StatusOr<std::unique_ptr<JobManager>> Create(JobManagerOptions options);
  virtual ~JobManager() = default;

  // As v1.TrainingService says.
  virtual absl::StatusOr<v1::TrainingJob> CreateJob(const v1::CreateTrainingJobRequest& request) = 0;
  virtual absl::StatusOr<v1::TrainingJob> Get(const v1::GetTrainingJobRequest& request) = 0;
  virtual absl::StatusOr<v1::ListTrainingJobsResponse> List(const v1::ListTrainingJobsRequest& request) = 0;
  virtual absl::StatusOr<v1::TrainingJob> Pause(const v1::PauseTrainingJobRequest& request) = 0;
  virtual absl::StatusOr<v1::TrainingJob> Resume(const v1::ResumeTrainingJobRequest& request) = 0;
  virtual absl::StatusOr<v1::TrainingJob> Cancel(const v1::CancelTrainingJobRequest& request) = 0;
  virtual absl::Status Delete(const v1::DeleteTrainingJobRequest& request) = 0;

  // Starts to watch; the id ends it. After Unwatch has returned the watcher is
  // called no more.
  virtual absl::StatusOr<int64_t> Watch(const v1::WatchTrainingJobRequest& request, JobWatcher watcher) = 0;
  virtual void Unwatch(int64_t watch_id) = 0;

  // Folder with the bundle of a job that succeeded, else FAILED_PRECONDITION.
  virtual absl::StatusOr<std::string> BundleOf(const std::string& job_name) = 0;
  // Notes that a model was published from the job.
  virtual absl::Status AddPublished(const std::string& job_name, const std::string& model_version) = 0;

  // Refuses new jobs, ends all watches with UNAVAILABLE, stops the trainers.
  virtual void Shutdown() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_MANAGER_H_
