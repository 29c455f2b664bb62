// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_
#define FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/file_system.h"
#include "facet/v1/training.pb.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/jobs/id_locks.h"
#include "server/core/jobs/job_estimate.h"
#include "server/core/jobs/job_ledger.h"
#include "server/core/jobs/job_plan.h"
#include "server/core/jobs/job_start.h"
#include "server/core/store/store.h"

namespace facet::server {

struct JobCreatorOptions {
  std::string root;        // <state_dir>/jobs
  std::string preset_dir;  // <data_dir>/presets
  // Finds models to start from, and those of tasks. Absent: no job can.
  ModelFinder find_model;
  // Called with each new job once it is kept, before the next one is made.
  std::function<void(const v1::TrainingJob&)> on_created;
  FileSystem* file_system = nullptr;
  Store* store = nullptr;
  DatasetRegistry* datasets = nullptr;
  JobLedger* ledger = nullptr;
  IdLocks* ids = nullptr;  // shared with who removes jobs
};

// Makes jobs: checks and plans what is asked for, or finds that it was asked
// for before; estimates; writes the job's folder, then the job. Thread-safe;
// blocks on the disk.
class JobCreator {
 public:
  explicit JobCreator(JobCreatorOptions options) : options_(std::move(options)) {}

  // Clears away folders of jobs that a server that died was making. Call before
  // jobs are made.
  absl::Status Recover();

  // As v1.TrainingService.CreateTrainingJob says. What fails leaves nothing.
  absl::StatusOr<v1::TrainingJob> Create(const v1::CreateTrainingJobRequest& request)
      ABSL_LOCKS_EXCLUDED(create_mutex_);

 private:
  std::string FolderOf(absl::string_view name) const;
  absl::StatusOr<std::optional<v1::TrainingJob>> FindEarlier(const v1::CreateTrainingJobRequest& request);
  // Once it is planned.
  absl::StatusOr<v1::TrainingJob> MakeJob(const v1::CreateTrainingJobRequest& request, JobPlan plan,
                                          const std::optional<JobStart>& start);
  absl::Status MakeFolder(const std::string& folder, const internal::TrainerSpec& spec,
                          const std::optional<JobStart>& start);
  absl::StatusOr<v1::ResourceEstimate> Estimate(const JobPlan& plan, int first_step);
  // Speed of the newest job that trained nets of this size.
  absl::StatusOr<std::optional<MeasuredSpeed>> FindSpeed(int64_t checkpoint_bytes);

  const JobCreatorOptions options_;
  // One job is made at a time, so that an id is looked for and taken at once.
  absl::Mutex create_mutex_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_
