// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_
#define FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/file_system.h"
#include "base/names.h"
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
  // Called with each new job once it is kept, before the next one is.
  std::function<void(const v1::TrainingJob&)> on_created;
  // Random digits for ids that clients do not choose; 8 are taken.
  std::function<std::string()> random_id = &RandomHexId;
  FileSystem* file_system = nullptr;
  Store* store = nullptr;
  DatasetRegistry* datasets = nullptr;
  JobLedger* ledger = nullptr;
  IdLocks* ids = nullptr;  // shared with who removes jobs
};

// Makes jobs: checks and plans what is asked for, or finds that it was asked
// for before; estimates; writes the job's folder under a temporary name; then
// the folder gets its name and the job its row. Thread-safe; blocks on the disk.
// However long planning and copying take, others are made meanwhile.
class JobCreator {
 public:
  explicit JobCreator(JobCreatorOptions options) : options_(std::move(options)) {}

  // Clears away folders of jobs that a server that died was making, but for
  // those with a temporary name (RemoveUnsealedLeftovers). Call before jobs are
  // made.
  absl::Status Recover();

  // As v1.TrainingService.CreateTrainingJob says. What fails leaves nothing.
  absl::StatusOr<v1::TrainingJob> Create(const v1::CreateTrainingJobRequest& request)
      ABSL_LOCKS_EXCLUDED(create_mutex_);

 private:
  struct Planned {
    JobPlan plan;
    std::optional<JobStart> start;
    // The data sets stay until the job says that it uses them.
    std::vector<std::shared_ptr<void>> pins;
    v1::TrainingJob job;  // without a name, if the client gives none
  };

  std::string FolderOf(absl::string_view name) const;
  absl::StatusOr<std::optional<v1::TrainingJob>> FindEarlier(const v1::CreateTrainingJobRequest& request);
  absl::StatusOr<Planned> Plan(const v1::CreateTrainingJobRequest& request);
  absl::StatusOr<JobStart> FindStartOf(const v1::TrainingSpec& spec, const JobPlan& plan);
  // Makes `folder` with what does not depend on the name of the job.
  absl::Status MakeFolder(const std::string& folder, const v1::TrainingSpec& spec, Planned* planned);
  absl::Status CopyStartOf(const v1::TrainingSpec& spec, const std::string& path, Planned* planned);
  // Gives the folder and the job their name, or returns the job that was made
  // meanwhile. What fails leaves no folder but `made`.
  absl::StatusOr<v1::TrainingJob> Keep(const v1::CreateTrainingJobRequest& request, Planned planned,
                                       const std::string& made) ABSL_LOCKS_EXCLUDED(create_mutex_);
  absl::StatusOr<v1::TrainingJob> Insert(const v1::CreateTrainingJobRequest& request, Planned planned,
                                         const std::string& made) ABSL_EXCLUSIVE_LOCKS_REQUIRED(create_mutex_);
  // A name that no job has and no folder either.
  absl::StatusOr<std::string> DrawName(absl::string_view dataset_version);
  absl::StatusOr<v1::ResourceEstimate> Estimate(const JobPlan& plan, int first_step);
  // Speed of the newest job that trained nets of this size.
  absl::StatusOr<std::optional<MeasuredSpeed>> FindSpeed(int64_t checkpoint_bytes);

  const JobCreatorOptions options_;
  // One job is kept at a time, so that an id is looked for and taken at once.
  absl::Mutex create_mutex_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_CREATOR_H_
