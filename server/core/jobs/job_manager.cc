// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_manager.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/names.h"
#include "base/sealed_folder.h"
#include "base/status_macros.h"
#include "model/train/checkpoint_store.h"
#include "server/core/jobs/disk_usage.h"
#include "server/core/jobs/id_locks.h"
#include "server/core/jobs/job_artifacts.h"
#include "server/core/jobs/job_creator.h"
#include "server/core/jobs/job_ledger.h"
#include "server/core/jobs/job_state.h"
#include "server/core/jobs/job_supervisor.h"
#include "server/core/jobs/job_watches.h"
#include "server/core/jobs/oom_kills.h"
#include "server/core/jobs/orphan.h"
#include "server/core/jobs/watch_request.h"
#include "server/core/resource_name.h"
#include "server/core/shutting_down.h"

namespace facet::server {
namespace {

const PageRequest kWholePage{1000, {}};
constexpr int kAttemptsShown = 20;
constexpr int kMaxStates = 10;  // of a listing; there are fewer to tell apart

// Of jobs that have not ended. They are few; ended ones need not be read.
std::vector<v1::TrainingJobState> OpenStates() {
  std::vector<v1::TrainingJobState> states;
  for (int i = v1::TRAINING_JOB_STATE_QUEUED; i < v1::TrainingJobState_ARRAYSIZE; ++i) {
    const auto state = static_cast<v1::TrainingJobState>(i);
    if (!HasEnded(state)) states.push_back(state);
  }
  return states;
}

bool HadTrainer(v1::TrainingJobState state) { return NextJobState(state, JobVerb::kTraining).has_value(); }

bool Uses(const v1::TrainingJob& job, const std::string& dataset_version) {
  const auto& tests = job.test_dataset_versions();
  return job.dataset_version() == dataset_version ||
         std::find(tests.begin(), tests.end(), dataset_version) != tests.end();
}

class JobManagerImpl final : public JobManager {
 public:
  explicit JobManagerImpl(JobManagerOptions options)
      : options_(std::move(options)), artifacts_(options_.root, options_.store, options_.file_system) {}
  ~JobManagerImpl() override;

  absl::Status Start();

  absl::StatusOr<v1::TrainingJob> CreateJob(const v1::CreateTrainingJobRequest& request) override;
  absl::StatusOr<v1::TrainingJob> Get(const v1::GetTrainingJobRequest& request) override;
  absl::StatusOr<v1::ListTrainingJobsResponse> List(const v1::ListTrainingJobsRequest& request) override;
  absl::StatusOr<v1::TrainingJob> Pause(const v1::PauseTrainingJobRequest& request) override;
  absl::StatusOr<v1::TrainingJob> Resume(const v1::ResumeTrainingJobRequest& request) override;
  absl::StatusOr<v1::TrainingJob> Cancel(const v1::CancelTrainingJobRequest& request) override;
  absl::Status Delete(const v1::DeleteTrainingJobRequest& request) override;
  absl::StatusOr<int64_t> Watch(const v1::WatchTrainingJobRequest& request, JobWatcher watcher) override;
  void Unwatch(int64_t watch_id) override { watches_->Remove(watch_id); }
  void WatcherReady(int64_t watch_id) override { watches_->Ready(watch_id); }
  absl::StatusOr<v1::TrainingCurve> GetCurve(const v1::GetTrainingCurveRequest& request) override {
    return artifacts_.GetCurve(request);
  }
  absl::StatusOr<v1::TrainingSamples> GetSamples(const v1::GetTrainingSamplesRequest& request) override {
    return artifacts_.GetSamples(request);
  }
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const v1::ReadTrainingLogRequest& request) override {
    return artifacts_.ReadLog(request);
  }
  absl::StatusOr<v1::DiskUsage> GetDiskUsage(const v1::GetDiskUsageRequest&) override {
    return MeasureDiskUsage(*options_.file_system, std::filesystem::path(options_.root).parent_path().string());
  }
  absl::StatusOr<std::string> BundleOf(const std::string& job_name) override { return artifacts_.BundleOf(job_name); }
  absl::Status AddPublished(const std::string& job_name, const std::string& model_version) override;
  void Shutdown() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status TakeUpJobs();
  JobSupervisorOptions SupervisorOptions();
  JobCreatorOptions CreatorOptions();
  // Newest first; of `states`, all where there are none.
  absl::StatusOr<std::vector<v1::TrainingJob>> JobsIn(const std::vector<v1::TrainingJobState>& states);
  absl::Status ApplyRetention();
  // The job's row, and its folder to `aside`.
  absl::Status DeleteRow(const std::string& name, const std::string& aside);
  // Moves a job as people ask and has the supervisor follow: of two such calls the
  // one that the ledger takes last is also the last that the supervisor hears of.
  absl::StatusOr<v1::TrainingJob> Command(const std::string& name, JobVerb verb, const std::string& why,
                                          const std::function<void(const v1::TrainingJob&)>& follow);
  void Obey(const v1::TrainingJob& job, bool now);
  absl::Status CheckUnused(const std::string& dataset_version);
  absl::Status CheckOpen() ABSL_LOCKS_EXCLUDED(mutex_);
  std::string FolderOf(absl::string_view name) const { return absl::StrCat(options_.root, "/", JobIdOf(name)); }

  const JobManagerOptions options_;
  const JobArtifacts artifacts_;
  absl::Mutex mutex_;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  IdLocks ids_;
  // In order of use: each calls those above it.
  std::unique_ptr<JobWatches> watches_;
  std::unique_ptr<JobLedger> ledger_;
  std::unique_ptr<JobSupervisor> supervisor_;
  std::unique_ptr<JobCreator> creator_;
};

JobManagerImpl::~JobManagerImpl() {
  options_.datasets->SetUsageCheck([](const std::string&) { return absl::OkStatus(); });
  if (supervisor_ != nullptr) Shutdown();
}

absl::Status JobManagerImpl::Start() {
  RETURN_IF_ERROR(options_.file_system->CreateDirs(options_.root));
  watches_ = std::make_unique<JobWatches>(JobWatchesOptions{options_.store, options_.steady_clock, options_.max_watches,
                                                            options_.watch_patience, options_.clock});
  ASSIGN_OR_RETURN(ledger_, JobLedger::Create({options_.store, options_.clock, options_.metrics, options_.max_queued,
                                               [this](const std::string& job) { watches_->Notify(job); }}));
  supervisor_ = std::make_unique<JobSupervisor>(SupervisorOptions());
  creator_ = std::make_unique<JobCreator>(CreatorOptions());
  options_.datasets->SetUsageCheck([this](const std::string& version) { return CheckUnused(version); });
  // Of deletions, then of jobs in the making.
  RETURN_IF_ERROR(RemoveUnsealedLeftovers(*options_.file_system, options_.root));
  RETURN_IF_ERROR(creator_->Recover());
  return TakeUpJobs();
}

JobSupervisorOptions JobManagerImpl::SupervisorOptions() {
  JobSupervisorOptions options;
  options.root = options_.root;
  options.trainer_path = options_.trainer_path;
  options.device = options_.device;
  options.max_running = options_.max_running;
  options.stop_grace = options_.stop_grace;
  options.max_restarts = options_.max_restarts;
  options.restart_backoff = options_.restart_backoff;
  options.max_silence = options_.max_silence;
  options.count_oom_kills = [this] { return CountOomKills(*options_.file_system); };
  // Best effort, both: the curve can be had from the store at any time, and the
  // next end of a job tries again.
  options.before_end = [this](const std::string& name, const v1::EvaluationReport& report) {
    artifacts_.WriteCurve(name, report).IgnoreError();
  };
  options.on_end = [this](const std::string&) { ApplyRetention().IgnoreError(); };
  options.on_warning = options_.on_warning;
  options.ledger = ledger_.get();
  options.clock = options_.steady_clock;
  options.launcher = options_.launcher;
  options.metrics = options_.metrics;
  return options;
}

JobCreatorOptions JobManagerImpl::CreatorOptions() {
  JobCreatorOptions options;
  options.root = options_.root;
  options.preset_dir = options_.preset_dir;
  options.find_model = options_.find_model;
  options.on_created = [this](const v1::TrainingJob& job) {
    supervisor_->Enqueue(job.name(), {job.priority(), false});
  };
  options.file_system = options_.file_system;
  options.store = options_.store;
  options.datasets = options_.datasets;
  options.ledger = ledger_.get();
  options.ids = &ids_;
  return options;
}

absl::StatusOr<std::vector<v1::TrainingJob>> JobManagerImpl::JobsIn(const std::vector<v1::TrainingJobState>& states) {
  std::vector<v1::TrainingJob> jobs;
  PageRequest page = kWholePage;
  do {
    ASSIGN_OR_RETURN(auto some, options_.store->ListJobs(states, page));
    std::move(some.items.begin(), some.items.end(), std::back_inserter(jobs));
    page.after = some.next;
  } while (!page.after.empty());
  return jobs;
}

absl::Status JobManagerImpl::ApplyRetention() {
  if (!options_.retention.removes_anything()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto jobs, JobsIn({}));
  const RetentionPlan plan = PlanRetention(options_.retention, jobs, options_.clock->Now());
  for (const std::string& name : plan.remove) {
    v1::DeleteTrainingJobRequest request;
    request.set_name(name);
    RETURN_IF_ERROR(Delete(request));
  }
  for (const std::string& name : plan.trim) {
    model::CheckpointStore checkpoints(options_.file_system, absl::StrCat(FolderOf(name), "/checkpoints"));
    ASSIGN_OR_RETURN(std::vector<int> steps, checkpoints.Steps());
    if (!steps.empty()) steps.pop_back();
    for (const int step : steps) RETURN_IF_ERROR(options_.file_system->RemoveAll(checkpoints.PathOf(step)));
    RETURN_IF_ERROR(options_.file_system->RemoveAll(absl::StrCat(FolderOf(name), "/start")));
  }
  return absl::OkStatus();
}

absl::Status JobManagerImpl::TakeUpJobs() {
  ApplyRetention().IgnoreError();  // the next end of a job tries again
  ASSIGN_OR_RETURN(std::vector<v1::TrainingJob> jobs, JobsIn(OpenStates()));
  std::reverse(jobs.begin(), jobs.end());  // oldest first
  for (v1::TrainingJob& job : jobs) {
    // The kernel takes trainers along when their server dies; where it has not,
    // this one does. Their work up to the last checkpoint stays.
    if (HadTrainer(job.state())) EndOrphan(FolderOf(job.name()));
    ASSIGN_OR_RETURN(job, ledger_->Apply(job.name(), JobVerb::kServerStarted, "the server was started anew"));
  }
  std::vector<RankedJob> waiting;
  for (const v1::TrainingJob& job : jobs) {
    const bool begun = job.state() == v1::TRAINING_JOB_STATE_RECOVERING;
    if (begun || job.state() == v1::TRAINING_JOB_STATE_QUEUED) waiting.push_back({job.name(), {job.priority(), begun}});
  }
  supervisor_->EnqueueAll(waiting);
  return absl::OkStatus();
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::CreateJob(const v1::CreateTrainingJobRequest& request) {
  RETURN_IF_ERROR(CheckOpen());
  return creator_->Create(request);
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Get(const v1::GetTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(JobRecord record, options_.store->GetJob(name));
  ASSIGN_OR_RETURN(auto attempts, options_.store->ListAttempts(name, kAttemptsShown));
  for (v1::TrainingAttempt& attempt : attempts) *record.job.add_attempts() = std::move(attempt);
  return std::move(record.job);
}

absl::StatusOr<v1::ListTrainingJobsResponse> JobManagerImpl::List(const v1::ListTrainingJobsRequest& request) {
  if (request.states_size() > kMaxStates) {
    return InvalidField("states", "OUT_OF_RANGE", absl::StrCat("at most ", kMaxStates, " states; none means all"));
  }
  std::set<v1::TrainingJobState> states;
  for (int i = 0; i < request.states_size(); ++i) {
    if (!v1::TrainingJobState_IsValid(request.states(i)) || request.states(i) == 0) {
      return InvalidField(absl::StrCat("states[", i, "]"), "UNKNOWN_STATE",
                          absl::StrCat("there is no state with number ", static_cast<int>(request.states(i))));
    }
    states.insert(request.states(i));
  }
  std::string listing = "trainingJobs of";
  for (const int state : states) absl::StrAppend(&listing, " ", state);
  ASSIGN_OR_RETURN(const PageRequest page, MakePageRequest(request.page_size(), request.page_token(), listing));
  ASSIGN_OR_RETURN(auto jobs, options_.store->ListJobs({states.begin(), states.end()}, page));
  v1::ListTrainingJobsResponse response;
  for (v1::TrainingJob& job : jobs.items) *response.add_training_jobs() = std::move(job);
  response.set_next_page_token(MakePageToken(jobs.next, listing));
  return response;
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Pause(const v1::PauseTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  return Command(name, JobVerb::kPause, "a pause was asked for", [&](const auto& job) { Obey(job, request.now()); });
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Resume(const v1::ResumeTrainingJobRequest& request) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  return Command(name, JobVerb::kResume, "queued again: resumed", [&](const v1::TrainingJob& job) {
    supervisor_->Enqueue(name, {job.priority(), false});
  });
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Cancel(const v1::CancelTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  return Command(name, JobVerb::kCancel, "cancelling was asked for",
                 [&](const auto& job) { Obey(job, request.now()); });
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Command(const std::string& name, JobVerb verb, const std::string& why,
                                                        const std::function<void(const v1::TrainingJob&)>& follow) {
  const IdLocks::Hold hold(&ids_, std::string(JobIdOf(name)));
  ASSIGN_OR_RETURN(v1::TrainingJob job, ledger_->Apply(name, verb, why));
  if (options_.on_command) options_.on_command(job);
  follow(job);
  return job;
}

void JobManagerImpl::Obey(const v1::TrainingJob& job, bool now) {
  const bool has_trainer =
      job.state() == v1::TRAINING_JOB_STATE_PAUSING || job.state() == v1::TRAINING_JOB_STATE_CANCELLING;
  if (has_trainer) {
    supervisor_->Stop(job.name(), now);
  } else {
    supervisor_->Dequeue(job.name());
  }
}

absl::Status JobManagerImpl::Delete(const v1::DeleteTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  // Removing may take long; meanwhile another job may have the id.
  const std::string aside = absl::StrCat(FolderOf(name), ".tmp-", RandomHexId());
  RETURN_IF_ERROR(DeleteRow(name, aside));
  return options_.file_system->RemoveAll(aside);
}

absl::Status JobManagerImpl::DeleteRow(const std::string& name, const std::string& aside) {
  const IdLocks::Hold hold(&ids_, std::string(JobIdOf(name)));
  ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
  if (!NextJobState(record.job.state(), JobVerb::kDelete).has_value()) {
    return RefusedTransition(name, record.job.state(), JobVerb::kDelete);
  }
  // The files first: were it the other way round, a crash in between would
  // leave files that nobody knows. As it is, the call can be repeated.
  const std::string folder = FolderOf(name);
  if (options_.file_system->Exists(folder)) RETURN_IF_ERROR(options_.file_system->Rename(folder, aside));
  absl::Status removed = ledger_->Remove(name);
  if (!removed.ok()) options_.file_system->Rename(aside, folder).IgnoreError();
  return removed;
}

absl::StatusOr<int64_t> JobManagerImpl::Watch(const v1::WatchTrainingJobRequest& request, JobWatcher watcher) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(const absl::Duration heartbeat, ParseWatch(request));
  ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
  RETURN_IF_ERROR(CheckRevisionWasSeen(request, record.job));
  return watches_->Add(name, request.after_revision(), std::move(watcher), heartbeat);
}

absl::Status JobManagerImpl::AddPublished(const std::string& job_name, const std::string& model_version) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(job_name, "name"));
  return ledger_->Amend(name, [&](v1::TrainingJob& job) {
    const auto& published = job.published();
    if (std::find(published.begin(), published.end(), model_version) == published.end()) {
      job.add_published(model_version);
    }
  });
}

absl::Status JobManagerImpl::CheckUnused(const std::string& dataset_version) {
  const auto in_use = [&](absl::string_view job) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("'", dataset_version, "' is used by ", job,
                                                                 ", which has not ended. Cancel it first, or wait")),
                      "DATASET_IN_USE");
  };
  ASSIGN_OR_RETURN(const auto jobs, JobsIn(OpenStates()));
  for (const v1::TrainingJob& job : jobs) {
    if (Uses(job, dataset_version)) return in_use(absl::StrCat("'", job.name(), "'"));
  }
  return absl::OkStatus();
}

absl::Status JobManagerImpl::CheckOpen() {
  absl::MutexLock lock(&mutex_);
  return shut_down_ ? ShuttingDownError() : absl::OkStatus();
}

void JobManagerImpl::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(shut_down_, true)) return;
  }
  watches_->Close(ShuttingDownError());
  supervisor_->Shutdown();
}

absl::Status CheckOptions(const JobManagerOptions& options) {
  if (options.root.empty()) return InvalidField("root", "REQUIRED", "the folder of the jobs is not set");
  if (options.trainer_path.empty()) return InvalidField("trainer_path", "REQUIRED", "the trainer is not set");
  if (options.max_queued < 1) return InvalidField("max_queued", "OUT_OF_RANGE", "at least one job must fit");
  if (options.max_running < 1) return InvalidField("max_running", "OUT_OF_RANGE", "at least one job must run");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobManager>> JobManager::Create(JobManagerOptions options) {
  RETURN_IF_ERROR(CheckOptions(options));
  // A trainer may one day be started in another folder.
  options.root = std::filesystem::absolute(options.root).lexically_normal().string();
  auto manager = std::make_unique<JobManagerImpl>(std::move(options));
  RETURN_IF_ERROR(manager->Start());
  return manager;
}

}  // namespace facet::server
