// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_manager.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/machine.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "model/train/checkpoint_store.h"
#include "server/core/jobs/curve_plot.h"
#include "server/core/jobs/disk_usage.h"
#include "server/core/jobs/job_curve.h"
#include "server/core/jobs/job_estimate.h"
#include "server/core/jobs/job_ledger.h"
#include "server/core/jobs/job_plan.h"
#include "server/core/jobs/job_state.h"
#include "server/core/jobs/job_supervisor.h"
#include "server/core/jobs/job_watches.h"
#include "server/core/jobs/log_tail.h"
#include "server/core/jobs/oom_kills.h"
#include "server/core/jobs/orphan.h"
#include "server/core/jobs/sample_files.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr absl::string_view kCollection = "trainingJobs/";
constexpr size_t kMaxRequestIdBytes = 64;
const PageRequest kWholePage{1000, {}};
constexpr int kMaxPriority = 100;
constexpr int kAttemptsShown = 20;
constexpr absl::Duration kDefaultHeartbeat = absl::Seconds(15);

absl::Status ShuttingDown() {
  return WithReason(absl::UnavailableError("the server is shutting down"), "SHUTTING_DOWN");
}

absl::Status ValidateRequestId(const std::string& id) {
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return absl::ascii_isgraph(c); });
  if (id.size() <= kMaxRequestIdBytes && printable) return absl::OkStatus();
  return InvalidField("request_id", "BAD_REQUEST_ID",
                      absl::StrCat("the request id must be at most ", kMaxRequestIdBytes,
                                   " printable characters, best a UUID"));
}

absl::Status ValidatePriority(int priority) {
  if (priority >= -kMaxPriority && priority <= kMaxPriority) return absl::OkStatus();
  return InvalidField("priority", "OUT_OF_RANGE",
                      absl::StrCat("the priority must be in [", -kMaxPriority, ", ", kMaxPriority, "]"));
}

absl::StatusOr<absl::Duration> HeartbeatInterval(const v1::WatchTrainingJobRequest& request) {
  if (!request.has_heartbeat_interval()) return kDefaultHeartbeat;
  const auto& interval = request.heartbeat_interval();
  const absl::Duration wanted = absl::Seconds(interval.seconds()) + absl::Nanoseconds(interval.nanos());
  if (wanted >= absl::Seconds(1)) return wanted;
  return InvalidField("heartbeat_interval", "OUT_OF_RANGE", "heartbeats come every second at the most");
}

bool HadTrainer(v1::TrainingJobState state) {
  return NextJobState(state, JobVerb::kTraining).has_value();
}

// "digits-1f09c3aa" for a job on `datasets/digits@3`.
std::string ChooseId(absl::string_view dataset_version) {
  absl::string_view id = absl::StripPrefix(dataset_version, "datasets/");
  id = id.substr(0, std::min<size_t>(id.find('@'), 50));
  return absl::StrCat(id, "-", RandomHexId().substr(0, 8));
}

class JobManagerImpl final : public JobManager {
 public:
  explicit JobManagerImpl(JobManagerOptions options) : options_(std::move(options)) {}
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
  absl::StatusOr<v1::TrainingCurve> GetCurve(const v1::GetTrainingCurveRequest& request) override;
  absl::StatusOr<v1::TrainingSamples> GetSamples(const v1::GetTrainingSamplesRequest& request) override;
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const v1::ReadTrainingLogRequest& request) override;
  absl::StatusOr<v1::DiskUsage> GetDiskUsage(const v1::GetDiskUsageRequest&) override {
    return MeasureDiskUsage(*options_.file_system, std::filesystem::path(options_.root).parent_path().string());
  }
  absl::StatusOr<std::string> BundleOf(const std::string& job_name) override;
  absl::Status AddPublished(const std::string& job_name, const std::string& model_version) override;
  void Shutdown() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A data set version that a job being made is about to use.
  class Pin;

  absl::Status TakeUpJobs();
  absl::StatusOr<std::optional<v1::TrainingJob>> FindEarlier(const v1::CreateTrainingJobRequest& request);
  absl::StatusOr<v1::TrainingJob> MakeJob(const v1::CreateTrainingJobRequest& request, JobPlan plan,
                                          const std::optional<JobStart>& start);
  absl::Status MakeFolder(const std::string& folder, const internal::TrainerSpec& spec,
                          const std::optional<JobStart>& start);
  absl::StatusOr<v1::ResourceEstimate> Estimate(const JobPlan& plan, int first_step);
  // Speed of the newest job that trained nets of this size.
  absl::StatusOr<std::optional<MeasuredSpeed>> FindSpeed(int64_t checkpoint_bytes);
  JobSupervisorOptions SupervisorOptions();
  absl::Status WriteCurve(const std::string& name);
  // Newest first.
  absl::StatusOr<std::vector<v1::TrainingJob>> AllJobs();
  absl::Status ApplyRetention();
  // Follows where the ledger has moved a job that people spoke to.
  void Obey(const v1::TrainingJob& job, bool now);
  absl::Status CheckUnused(const std::string& dataset_version) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckOpen() ABSL_LOCKS_EXCLUDED(mutex_);
  std::string FolderOf(absl::string_view name) const {
    return absl::StrCat(options_.root, "/", absl::StripPrefix(name, kCollection));
  }

  const JobManagerOptions options_;
  // One job is made at a time, so that an id is looked for and taken at once.
  absl::Mutex create_mutex_;
  absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(create_mutex_);
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  std::multiset<std::string> pinned_ ABSL_GUARDED_BY(mutex_);
  // In order of use: each calls those above it.
  std::unique_ptr<JobWatches> watches_;
  std::unique_ptr<JobLedger> ledger_;
  std::unique_ptr<JobSupervisor> supervisor_;
};

class JobManagerImpl::Pin {
 public:
  Pin(JobManagerImpl* manager, std::string dataset_version)
      : manager_(*manager), version_(std::move(dataset_version)) {
    absl::MutexLock lock(&manager_.mutex_);
    manager_.pinned_.insert(version_);
  }
  ~Pin() {
    absl::MutexLock lock(&manager_.mutex_);
    manager_.pinned_.erase(manager_.pinned_.find(version_));
  }

 private:
  JobManagerImpl& manager_;
  const std::string version_;
};

JobManagerImpl::~JobManagerImpl() {
  options_.datasets->SetUsageCheck([](const std::string&) { return absl::OkStatus(); });
  if (supervisor_ != nullptr) Shutdown();
}

absl::Status JobManagerImpl::Start() {
  RETURN_IF_ERROR(options_.file_system->CreateDirs(options_.root));
  watches_ = std::make_unique<JobWatches>(
      JobWatchesOptions{options_.store, options_.steady_clock, options_.max_watches, options_.watch_patience,
                        options_.clock});
  ASSIGN_OR_RETURN(ledger_,
                   JobLedger::Create({options_.store, options_.clock, options_.metrics, options_.max_queued,
                                      [this](const std::string& job) { watches_->Notify(job); }}));
  options_.datasets->SetUsageCheck([this](const std::string& version) { return CheckUnused(version); });
  supervisor_ = std::make_unique<JobSupervisor>(SupervisorOptions());
  return TakeUpJobs();
}

JobSupervisorOptions JobManagerImpl::SupervisorOptions() {
  JobSupervisorOptions options;
  options.root = options_.root;
  options.trainer_path = options_.trainer_path;
  options.max_running = options_.max_running;
  options.stop_grace = options_.stop_grace;
  options.max_restarts = options_.max_restarts;
  options.restart_backoff = options_.restart_backoff;
  options.max_silence = options_.max_silence;
  options.count_oom_kills = [this] { return CountOomKills(*options_.file_system); };
  // Best effort, both: the curve can be had from the store at any time, and the
  // next end of a job tries again.
  options.before_end = [this](const std::string& name) { WriteCurve(name).IgnoreError(); };
  options.on_end = [this](const std::string&) { ApplyRetention().IgnoreError(); };
  options.ledger = ledger_.get();
  options.clock = options_.steady_clock;
  options.launcher = options_.launcher;
  options.metrics = options_.metrics;
  return options;
}

absl::StatusOr<std::vector<v1::TrainingJob>> JobManagerImpl::AllJobs() {
  std::vector<v1::TrainingJob> jobs;
  PageRequest page = kWholePage;
  do {
    ASSIGN_OR_RETURN(auto some, options_.store->ListJobs({}, page));
    std::move(some.items.begin(), some.items.end(), std::back_inserter(jobs));
    page.after = some.next;
  } while (!page.after.empty());
  return jobs;
}

absl::Status JobManagerImpl::ApplyRetention() {
  if (!options_.retention.removes_anything()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto jobs, AllJobs());
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

absl::Status JobManagerImpl::WriteCurve(const std::string& name) {
  v1::GetTrainingCurveRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(const v1::TrainingCurve curve, GetCurve(request));
  const std::string stem = absl::StrCat(FolderOf(name), "/curve.");
  RETURN_IF_ERROR(options_.file_system->WriteFileAtomically(absl::StrCat(stem, "csv"), CurveToCsv(curve)));
  return options_.file_system->WriteFileAtomically(absl::StrCat(stem, "svg"), curve.svg());
}

absl::Status JobManagerImpl::TakeUpJobs() {
  ApplyRetention().IgnoreError();  // the next end of a job tries again
  ASSIGN_OR_RETURN(std::vector<v1::TrainingJob> jobs, AllJobs());
  jobs.erase(std::remove_if(jobs.begin(), jobs.end(), [](const auto& job) { return HasEnded(job.state()); }),
             jobs.end());
  std::reverse(jobs.begin(), jobs.end());  // oldest first
  for (v1::TrainingJob& job : jobs) {
    // The kernel takes trainers along when their server dies; where it has not,
    // this one does. Their work up to the last checkpoint stays.
    if (HadTrainer(job.state())) EndOrphan(FolderOf(job.name()));
    ASSIGN_OR_RETURN(job, ledger_->Apply(job.name(), JobVerb::kServerStarted, "the server was started anew"));
  }
  for (const v1::TrainingJob& job : jobs) {
    const bool begun = job.state() == v1::TRAINING_JOB_STATE_RECOVERING;
    if (begun || job.state() == v1::TRAINING_JOB_STATE_QUEUED) {
      supervisor_->Enqueue(job.name(), {job.priority(), begun});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::CreateJob(const v1::CreateTrainingJobRequest& request) {
  RETURN_IF_ERROR(CheckOpen());
  RETURN_IF_ERROR(ValidateRequestId(request.request_id()));
  RETURN_IF_ERROR(ValidatePriority(request.priority()));
  if (!request.training_job_id().empty()) {
    RETURN_IF_ERROR(PrefixField(ValidateId(request.training_job_id(), "training job id"), "training_job_id"));
  }
  absl::MutexLock lock(&create_mutex_);
  ASSIGN_OR_RETURN(auto earlier, FindEarlier(request));
  if (earlier.has_value()) return *std::move(earlier);
  const JobPlanOptions plan_options{options_.file_system, options_.preset_dir, options_.datasets,
                                    MachineMemoryBytes(*options_.file_system)};
  ASSIGN_OR_RETURN(JobPlan plan, PlanJob(plan_options, request.spec()));
  // From here on the data set stays; look whether it still does.
  const Pin pin(this, plan.trainer.dataset());
  v1::GetDatasetRequest get;
  get.set_name(plan.trainer.dataset());
  RETURN_IF_ERROR(options_.datasets->Get(get).status());
  std::optional<JobStart> start;
  if (request.spec().has_start()) {
    const JobStartOptions start_options{options_.file_system, options_.root, options_.find_model};
    ASSIGN_OR_RETURN(start, FindStart(start_options, request.spec().start(), plan.nets));
    *plan.trainer.mutable_start() = start->spec;
  }
  return MakeJob(request, std::move(plan), start);
}

absl::StatusOr<std::optional<v1::TrainingJob>> JobManagerImpl::FindEarlier(
    const v1::CreateTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(auto same_request, options_.store->FindJobByRequestId(request.request_id()));
  if (same_request.has_value()) {
    const bool same_id = request.training_job_id().empty() ||
                         same_request->job.name() == absl::StrCat(kCollection, request.training_job_id());
    if (same_id && google::protobuf::util::MessageDifferencer::Equals(same_request->job.spec(), request.spec())) {
      return std::move(same_request->job);
    }
    return WithReason(absl::AlreadyExistsError(absl::StrCat("the request id '", request.request_id(), "' made '",
                                                            same_request->job.name(),
                                                            "', and this request asks for something else")),
                      "REQUEST_ID_REUSED");
  }
  if (request.training_job_id().empty()) return std::nullopt;
  const std::string name = absl::StrCat(kCollection, request.training_job_id());
  auto same_name = options_.store->GetJob(name);
  if (absl::IsNotFound(same_name.status())) return std::nullopt;
  RETURN_IF_ERROR(same_name.status());
  if (google::protobuf::util::MessageDifferencer::Equals(same_name->job.spec(), request.spec())) {
    return std::move(same_name->job);
  }
  return WithReason(absl::AlreadyExistsError(absl::StrCat("'", name,
                                                          "' exists with another spec. Choose another id, "
                                                          "or delete that job")),
                    "JOB_EXISTS");
}

absl::StatusOr<std::optional<MeasuredSpeed>> JobManagerImpl::FindSpeed(int64_t checkpoint_bytes) {
  // Of the newest, which say most about the machine as it is.
  const PageRequest newest{200, {}};
  ASSIGN_OR_RETURN(const auto jobs, options_.store->ListJobs({v1::TRAINING_JOB_STATE_SUCCEEDED,
                                                              v1::TRAINING_JOB_STATE_FAILED,
                                                              v1::TRAINING_JOB_STATE_CANCELLED},
                                                             newest));
  for (const v1::TrainingJob& job : jobs.items) {
    const double whole_run = job.report().train_images_per_second();
    const double speed = whole_run > 0 ? whole_run : job.progress().images_per_second();
    if (job.estimate().checkpoint_bytes() == checkpoint_bytes && speed > 0) return MeasuredSpeed{job.name(), speed};
  }
  return std::nullopt;
}

absl::StatusOr<v1::ResourceEstimate> JobManagerImpl::Estimate(const JobPlan& plan, int first_step) {
  JobEstimateInput input;
  input.nets = plan.nets;
  input.first_step = first_step;
  input.dataset_bytes = plan.dataset_bytes;
  if (plan.trainer.checkpoints().keep() > 0) input.checkpoints_kept = plan.trainer.checkpoints().keep();
  input.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  input.free_memory = FreeMemoryBytes(*options_.file_system);
  const auto free_disk = options_.file_system->FreeBytes(options_.root);
  if (free_disk.ok()) input.free_disk = static_cast<int64_t>(*free_disk);
  ASSIGN_OR_RETURN(input.measured, FindSpeed(CheckpointBytes(plan.nets)));
  return EstimateJob(input);
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::MakeJob(const v1::CreateTrainingJobRequest& request, JobPlan plan,
                                                        const std::optional<JobStart>& start) {
  v1::TrainingJob job;
  const std::string& id = request.training_job_id();
  job.set_name(absl::StrCat(kCollection, id.empty() ? ChooseId(plan.trainer.dataset()) : id));
  *job.mutable_spec() = request.spec();
  job.set_dataset_version(plan.trainer.dataset());
  job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
  job.set_priority(request.priority());
  ASSIGN_OR_RETURN(*job.mutable_estimate(), Estimate(plan, start.has_value() ? start->step : 0));
  if (request.validate_only()) return job;
  // A folder without a job is what an earlier life left; its checkpoints are
  // of something else.
  const std::string folder = FolderOf(job.name());
  RETURN_IF_ERROR(options_.file_system->RemoveAll(folder));
  plan.trainer.set_training_job(job.name());
  const absl::Status written = MakeFolder(folder, plan.trainer, start);
  auto inserted = written.ok() ? ledger_->Insert(std::move(job), request.request_id())
                               : absl::StatusOr<v1::TrainingJob>(written);
  if (!inserted.ok()) {
    options_.file_system->RemoveAll(folder).IgnoreError();
    return inserted;
  }
  supervisor_->Enqueue(inserted->name(), {request.priority(), false});
  return inserted;
}

absl::Status JobManagerImpl::MakeFolder(const std::string& folder, const internal::TrainerSpec& spec,
                                        const std::optional<JobStart>& start) {
  RETURN_IF_ERROR(options_.file_system->CreateDirs(folder));
  if (start.has_value()) {
    RETURN_IF_ERROR(CopyStart(*options_.file_system, *start, absl::StrCat(folder, "/start")));
  }
  RETURN_IF_ERROR(
      options_.file_system->WriteFileAtomically(absl::StrCat(folder, "/spec.binpb"), spec.SerializeAsString()));
  return options_.file_system->SyncDir(options_.root);
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Get(const v1::GetTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(JobRecord record, options_.store->GetJob(name));
  ASSIGN_OR_RETURN(auto attempts, options_.store->ListAttempts(name, kAttemptsShown));
  for (v1::TrainingAttempt& attempt : attempts) *record.job.add_attempts() = std::move(attempt);
  return std::move(record.job);
}

absl::StatusOr<v1::ListTrainingJobsResponse> JobManagerImpl::List(
    const v1::ListTrainingJobsRequest& request) {
  ASSIGN_OR_RETURN(const PageRequest page, MakePageRequest(request.page_size(), request.page_token()));
  std::vector<v1::TrainingJobState> states;
  for (int i = 0; i < request.states_size(); ++i) {
    if (!v1::TrainingJobState_IsValid(request.states(i)) || request.states(i) == 0) {
      return InvalidField(
          absl::StrCat("states[", i, "]"), "UNKNOWN_STATE",
          absl::StrCat("there is no state with number ", static_cast<int>(request.states(i))));
    }
    states.push_back(request.states(i));
  }
  ASSIGN_OR_RETURN(auto jobs, options_.store->ListJobs(states, page));
  v1::ListTrainingJobsResponse response;
  for (v1::TrainingJob& job : jobs.items) *response.add_training_jobs() = std::move(job);
  response.set_next_page_token(jobs.next);
  return response;
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Pause(const v1::PauseTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(v1::TrainingJob job, ledger_->Apply(name, JobVerb::kPause, "a pause was asked for"));
  Obey(job, request.now());
  return job;
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Resume(const v1::ResumeTrainingJobRequest& request) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(v1::TrainingJob job, ledger_->Apply(name, JobVerb::kResume, "queued again: resumed"));
  supervisor_->Enqueue(name, {job.priority(), false});
  return job;
}

absl::StatusOr<v1::TrainingJob> JobManagerImpl::Cancel(const v1::CancelTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(v1::TrainingJob job, ledger_->Apply(name, JobVerb::kCancel, "cancelling was asked for"));
  Obey(job, request.now());
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
  ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
  if (!NextJobState(record.job.state(), JobVerb::kDelete).has_value()) {
    return RefusedTransition(name, record.job.state(), JobVerb::kDelete);
  }
  // The files first: were it the other way round, a crash in between would
  // leave files that nobody knows. As it is, the call can be repeated.
  RETURN_IF_ERROR(options_.file_system->RemoveAll(FolderOf(name)));
  return ledger_->Remove(name);
}

absl::StatusOr<int64_t> JobManagerImpl::Watch(const v1::WatchTrainingJobRequest& request,
                                              JobWatcher watcher) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  if (request.after_revision() < 0) {
    return InvalidField("after_revision", "BAD_REVISION",
                        "revisions count from 1; 0 means all that are kept");
  }
  ASSIGN_OR_RETURN(const absl::Duration heartbeat, HeartbeatInterval(request));
  RETURN_IF_ERROR(options_.store->GetJob(name).status());
  return watches_->Add(name, request.after_revision(), std::move(watcher), heartbeat);
}

absl::StatusOr<v1::TrainingCurve> JobManagerImpl::GetCurve(const v1::GetTrainingCurveRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  RETURN_IF_ERROR(options_.store->GetJob(name).status());
  ASSIGN_OR_RETURN(v1::TrainingCurve curve, ReadCurve(*options_.store, name));
  curve.set_svg(DrawCurve(name, curve));
  return curve;
}

absl::StatusOr<v1::TrainingSamples> JobManagerImpl::GetSamples(const v1::GetTrainingSamplesRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  RETURN_IF_ERROR(options_.store->GetJob(name).status());
  return ReadSamples(*options_.file_system, FolderOf(name), name, request.step());
}

absl::StatusOr<v1::ReadTrainingLogResponse> JobManagerImpl::ReadLog(const v1::ReadTrainingLogRequest& request) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  // The state first: what a job that has ended wrote is all there.
  ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
  const LogPiece piece = ReadLogPiece(absl::StrCat(FolderOf(name), "/trainer.log"), request.offset());
  v1::ReadTrainingLogResponse response;
  response.set_text(CleanLog(piece.text));
  response.set_next_offset(piece.next_offset);
  response.set_complete(HasEnded(record.job.state()) && piece.at_end);
  return response;
}

absl::StatusOr<std::string> JobManagerImpl::BundleOf(const std::string& job_name) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(job_name, "name"));
  ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
  if (record.job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED) return absl::StrCat(FolderOf(name), "/bundle");
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat("'", name, "' is ", JobStateName(record.job.state()),
                                                 ": only a job that has succeeded has a result")),
      "JOB_NOT_SUCCEEDED");
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
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("'", dataset_version, "' is used by ", job,
                                                   ", which has not ended. Cancel it first, or wait")),
        "DATASET_IN_USE");
  };
  {
    absl::MutexLock lock(&mutex_);
    if (pinned_.count(dataset_version) > 0) return in_use("a training job that is being made");
  }
  PageRequest page = kWholePage;
  do {
    ASSIGN_OR_RETURN(const auto jobs, options_.store->ListJobs({}, page));
    for (const v1::TrainingJob& job : jobs.items) {
      if (!HasEnded(job.state()) && job.dataset_version() == dataset_version) {
        return in_use(absl::StrCat("'", job.name(), "'"));
      }
    }
    page.after = jobs.next;
  } while (!page.after.empty());
  return absl::OkStatus();
}

absl::Status JobManagerImpl::CheckOpen() {
  absl::MutexLock lock(&mutex_);
  return shut_down_ ? ShuttingDown() : absl::OkStatus();
}

void JobManagerImpl::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(shut_down_, true)) return;
  }
  watches_->Close(ShuttingDown());
  supervisor_->Shutdown();
}

absl::Status CheckOptions(const JobManagerOptions& options) {
  if (options.root.empty()) return InvalidField("root", "REQUIRED", "the folder of the jobs is not set");
  if (options.trainer_path.empty()) return InvalidField("trainer_path", "REQUIRED", "the trainer is not set");
  if (options.max_queued < 1) return InvalidField("max_queued", "OUT_OF_RANGE", "at least one job must fit");
  if (options.max_running < 1)
    return InvalidField("max_running", "OUT_OF_RANGE", "at least one job must run");
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
