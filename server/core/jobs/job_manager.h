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
#include "server/core/jobs/job_retention.h"
#include "server/core/jobs/job_start.h"
#include "server/core/jobs/job_watcher.h"
#include "server/core/metrics/metrics.h"
#include "server/core/store/store.h"

namespace facet::server {

struct JobManagerOptions {
  std::string root;             // <state_dir>/jobs
  std::string preset_dir;       // <data_dir>/presets
  std::string trainer_path;     // the program facet-trainer
  std::string device = "auto";  // what trainers compute on: auto, cpu, cuda, cuda:N
  int max_queued = 64;
  int max_running = 1;
  // How long a trainer that was asked to stop may take before it is killed.
  absl::Duration stop_grace = absl::Seconds(30);
  // Restarts of a trainer in a row, without a new checkpoint between them; after
  // that many the next death fails the job. And the wait before the first
  // restart, twice as long each time, up to 32 times that.
  int max_restarts = 10;
  absl::Duration restart_backoff = absl::Seconds(1);
  // Silence of a trainer after which it is killed and started again. More than
  // the longest step, and than loading the data set takes.
  absl::Duration max_silence = absl::Minutes(5);
  // Watches at once, and how long a watcher may stay unready with events
  // waiting for it before it is sent away.
  int max_watches = 1024;
  absl::Duration watch_patience = absl::Minutes(1);
  // Looked at when the manager starts and whenever a job ends.
  JobRetention retention;
  // Called with a job that a pause, resume or cancel has moved, on the thread of
  // the call, after the ledger and before the queue. May be absent.
  std::function<void(const v1::TrainingJob&)> on_command;
  // Called with the name of a job and with what goes wrong about it, and why,
  // that does not end it: a disk that is full. Once while it lasts; on a thread
  // that may block. May be absent.
  std::function<void(const std::string& job, const std::string& what, const std::string& why)> on_warning;
  // Finds models to start from, and those of tasks. Absent: no job can.
  ModelFinder find_model;
  FileSystem* file_system = nullptr;
  Clock* clock = nullptr;  // stamps what people read
  // Of deadlines: goes on evenly where the other may be set.
  Clock* steady_clock = Clock::Steady();
  ProcessLauncher* launcher = nullptr;
  Store* store = nullptr;
  DatasetRegistry* datasets = nullptr;
  Metrics* metrics = nullptr;
};

// Queues training jobs and supervises a trainer process for each that runs.
// Thread-safe; calls block on the disk for as long as a commit takes. What a
// call returned, and what a watcher was shown, is in the store.
//
// A job's folder `<root>/<id>` holds spec.binpb (facet.internal.TrainerSpec, made
// with the job: what a preset of the server says later does not matter),
// trainer.log, start/ (what training begins from, where something was named),
// and what the trainer makes: checkpoints/, samples/ and bundle/; of a task
// result.binpb. When a trainer ends, the curve up to there is put there, too:
// curve.csv and curve.svg.
//
// The destructor and Shutdown() stop the trainers that run, after they have
// saved; their jobs go on when the next manager starts on the same store.
class JobManager {
 public:
  // Takes up what the store holds: jobs that ran when the server died go on.
  // INVALID_ARGUMENT: options that cannot be meant. Tells the registry which
  // data sets are in use.
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
  // called no more, unless Unwatch was called from within the watcher: then
  // after that call. Hold no lock that the watcher takes.
  // OUT_OF_RANGE (reason REVISION_AHEAD): the job has not come to that revision.
  // RESOURCE_EXHAUSTED: too many watches. A watcher that stays unready too long
  // ends with RESOURCE_EXHAUSTED (reason WATCH_TOO_SLOW), and may watch again
  // from the revision it has seen.
  virtual absl::StatusOr<int64_t> Watch(const v1::WatchTrainingJobRequest& request, JobWatcher watcher) = 0;
  virtual void Unwatch(int64_t watch_id) = 0;
  // JobWatcher::ready would say yes again.
  virtual void WatcherReady(int64_t /*watch_id*/) {}

  virtual absl::StatusOr<v1::TrainingCurve> GetCurve(const v1::GetTrainingCurveRequest& request) = 0;
  virtual absl::StatusOr<v1::TrainingSamples> GetSamples(const v1::GetTrainingSamplesRequest& request) = 0;
  virtual absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const v1::ReadTrainingLogRequest& request) = 0;
  virtual absl::StatusOr<v1::DiskUsage> GetDiskUsage(const v1::GetDiskUsageRequest& request) = 0;

  // Folder with the bundle of a job that succeeded, else FAILED_PRECONDITION
  // (JOB_NOT_SUCCEEDED; NO_MODEL: it has a task).
  virtual absl::StatusOr<std::string> BundleOf(const std::string& job_name) = 0;
  // Notes that a model was published from the job.
  virtual absl::Status AddPublished(const std::string& job_name, const std::string& model_version) = 0;

  // Refuses new jobs, ends all watches with UNAVAILABLE, stops the trainers and
  // waits until they have ended, stop_grace at most.
  virtual void Shutdown() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_MANAGER_H_
