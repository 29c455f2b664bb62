// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_creator.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/machine.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/core/request_text.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr int kMaxPriority = 100;
constexpr int kMaxCopies = 5;  // of a starting point that changes meanwhile

absl::Status ValidatePriority(int priority) {
  if (priority >= -kMaxPriority && priority <= kMaxPriority) return absl::OkStatus();
  return InvalidField("priority", "OUT_OF_RANGE",
                      absl::StrCat("the priority must be in [", -kMaxPriority, ", ", kMaxPriority, "]"));
}

// In the folder of a job until the job is in the store.
constexpr char kMakingMark[] = ".making";

// Whether a sealed folder may have been removed while it was read.
bool MayBeGone(const absl::Status& status) { return absl::IsDataLoss(status) || absl::IsNotFound(status); }

}  // namespace

std::string JobCreator::FolderOf(absl::string_view name) const {
  return absl::StrCat(options_.root, "/", JobIdOf(name));
}

absl::Status JobCreator::Recover() {
  FileSystem& files = *options_.file_system;
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, files.List(options_.root));
  for (const std::string& id : ids) {
    const std::string name = JobName(id);
    const std::string mark = absl::StrCat(FolderOf(name), "/", kMakingMark);
    if (!files.Exists(mark)) continue;
    absl::Status found = options_.store->GetJob(name).status();
    if (!found.ok() && !absl::IsNotFound(found)) return found;
    RETURN_IF_ERROR(files.RemoveAll(found.ok() ? mark : FolderOf(name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::TrainingJob> JobCreator::Create(const v1::CreateTrainingJobRequest& request) {
  RETURN_IF_ERROR(ValidateRequestId(request.request_id()));
  RETURN_IF_ERROR(ValidatePriority(request.priority()));
  RETURN_IF_ERROR(CheckSpecSize(request.spec()));
  if (!request.training_job_id().empty()) {
    RETURN_IF_ERROR(PrefixField(ValidateId(request.training_job_id(), "training job id"), "training_job_id"));
  }
  ASSIGN_OR_RETURN(auto earlier, FindEarlier(request));
  if (earlier.has_value()) return *std::move(earlier);
  ASSIGN_OR_RETURN(Planned planned, Plan(request));
  if (request.validate_only()) {
    if (planned.job.name().empty()) {
      ASSIGN_OR_RETURN(*planned.job.mutable_name(), DrawName(planned.job.dataset_version()));
    }
    return std::move(planned.job);
  }
  RETURN_IF_ERROR(options_.ledger->CheckRoom());
  const std::string made = absl::StrCat(options_.root, "/making.tmp-", RandomHexId());
  absl::Status written = MakeFolder(made, request.spec(), &planned);
  auto job =
      written.ok() ? Keep(request, std::move(planned), made) : absl::StatusOr<v1::TrainingJob>(std::move(written));
  // Where it was kept, there is none of this name.
  options_.file_system->RemoveAll(made).IgnoreError();
  return job;
}

absl::StatusOr<JobCreator::Planned> JobCreator::Plan(const v1::CreateTrainingJobRequest& request) {
  Planned planned;
  const JobPlanOptions plan_options{options_.file_system, options_.preset_dir, options_.datasets,
                                    MachineMemoryBytes(*options_.file_system), options_.find_model};
  ASSIGN_OR_RETURN(planned.plan, PlanJob(plan_options, request.spec()));
  JobPlan& plan = planned.plan;
  ASSIGN_OR_RETURN(planned.pins.emplace_back(), options_.datasets->Pin(plan.trainer.dataset()));
  for (const std::string& dataset : plan.test_versions) {
    ASSIGN_OR_RETURN(planned.pins.emplace_back(), options_.datasets->Pin(dataset));
  }
  planned.start = plan.start;
  if (request.spec().has_start()) {
    ASSIGN_OR_RETURN(planned.start, FindStartOf(request.spec(), plan));
    *plan.trainer.mutable_start() = planned.start->spec;
  }
  v1::TrainingJob& job = planned.job;
  if (!request.training_job_id().empty()) job.set_name(JobName(request.training_job_id()));
  *job.mutable_spec() = request.spec();
  job.set_dataset_version(plan.trainer.dataset());
  job.set_model_version(plan.model_version);
  *job.mutable_test_dataset_versions() = {plan.test_versions.begin(), plan.test_versions.end()};
  job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
  job.set_priority(request.priority());
  ASSIGN_OR_RETURN(*job.mutable_estimate(), Estimate(plan, planned.start.has_value() ? planned.start->step : 0));
  return planned;
}

absl::StatusOr<JobStart> JobCreator::FindStartOf(const v1::TrainingSpec& spec, const JobPlan& plan) {
  if (spec.has_start()) {
    const JobStartOptions start_options{options_.file_system, options_.root, options_.store, options_.find_model};
    return FindStart(start_options, spec.start(), plan.nets);
  }
  ASSIGN_OR_RETURN(const FoundModel found, options_.find_model(plan.model_version));
  return StartFrom(found);
}

absl::StatusOr<std::optional<v1::TrainingJob>> JobCreator::FindEarlier(const v1::CreateTrainingJobRequest& request) {
  ASSIGN_OR_RETURN(auto same_request, options_.store->FindJobByRequestId(request.request_id()));
  if (same_request.has_value()) {
    const bool same_id =
        request.training_job_id().empty() || same_request->job.name() == JobName(request.training_job_id());
    if (same_id && google::protobuf::util::MessageDifferencer::Equals(same_request->job.spec(), request.spec())) {
      return std::move(same_request->job);
    }
    return WithReason(
        absl::AlreadyExistsError(absl::StrCat("the request id '", request.request_id(), "' made '",
                                              same_request->job.name(), "', and this request asks for something else")),
        "REQUEST_ID_REUSED");
  }
  if (request.training_job_id().empty()) return std::nullopt;
  const std::string name = JobName(request.training_job_id());
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

absl::StatusOr<std::optional<MeasuredSpeed>> JobCreator::FindSpeed(int64_t checkpoint_bytes) {
  // Of the newest, which say most about the machine as it is.
  const PageRequest newest{200, {}};
  ASSIGN_OR_RETURN(
      const auto jobs,
      options_.store->ListJobs(
          {v1::TRAINING_JOB_STATE_SUCCEEDED, v1::TRAINING_JOB_STATE_FAILED, v1::TRAINING_JOB_STATE_CANCELLED}, newest));
  for (const v1::TrainingJob& job : jobs.items) {
    const double whole_run = job.report().train_images_per_second();
    const double speed = whole_run > 0 ? whole_run : job.progress().images_per_second();
    if (job.estimate().checkpoint_bytes() == checkpoint_bytes && speed > 0) return MeasuredSpeed{job.name(), speed};
  }
  return std::nullopt;
}

absl::StatusOr<v1::ResourceEstimate> JobCreator::Estimate(const JobPlan& plan, int first_step) {
  JobEstimateInput input;
  input.nets = plan.nets;
  input.first_step = first_step;
  input.dataset_bytes = plan.dataset_bytes;
  input.judge = plan.judge;
  input.task = plan.load;
  if (plan.trainer.checkpoints().keep() > 0) input.checkpoints_kept = plan.trainer.checkpoints().keep();
  input.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  input.free_memory = FreeMemoryBytes(*options_.file_system);
  const auto free_disk = options_.file_system->FreeBytes(options_.root);
  if (free_disk.ok()) input.free_disk = static_cast<int64_t>(*free_disk);
  ASSIGN_OR_RETURN(input.measured, FindSpeed(CheckpointBytes(plan.nets)));
  return EstimateJob(input);
}

absl::Status JobCreator::MakeFolder(const std::string& folder, const v1::TrainingSpec& spec, Planned* planned) {
  RETURN_IF_ERROR(options_.file_system->CreateDirs(folder));
  RETURN_IF_ERROR(options_.file_system->WriteFileAtomically(absl::StrCat(folder, "/", kMakingMark), ""));
  if (!planned->start.has_value()) return absl::OkStatus();
  return CopyStartOf(spec, absl::StrCat(folder, "/start"), planned);
}

// The job or model that it begins from is not held: it may be deleted meanwhile,
// and the checkpoints of a job that runs are replaced by newer ones.
absl::Status JobCreator::CopyStartOf(const v1::TrainingSpec& spec, const std::string& path, Planned* planned) {
  for (int copies = 1;; ++copies) {
    absl::Status copied = CopyStart(*options_.file_system, *planned->start, path);
    if (!MayBeGone(copied)) return copied;
    ASSIGN_OR_RETURN(JobStart start, FindStartOf(spec, planned->plan));
    if (start.folder == planned->start->folder || copies == kMaxCopies) return copied;
    *planned->plan.trainer.mutable_start() = start.spec;
    planned->start = std::move(start);
    ASSIGN_OR_RETURN(*planned->job.mutable_estimate(), Estimate(planned->plan, planned->start->step));
  }
}

absl::StatusOr<std::string> JobCreator::DrawName(absl::string_view dataset_version) {
  absl::string_view id = absl::StripPrefix(dataset_version, "datasets/");
  id = id.substr(0, std::min<size_t>(id.find('@'), 50));
  while (true) {
    // "digits-1f09c3aa" for a job on `datasets/digits@3`.
    std::string name = JobName(absl::StrCat(id, "-", options_.random_id().substr(0, 8)));
    absl::Status found = options_.store->GetJob(name).status();
    if (!found.ok() && !absl::IsNotFound(found)) return found;
    if (!found.ok() && !options_.file_system->Exists(FolderOf(name))) return name;
  }
}

absl::StatusOr<v1::TrainingJob> JobCreator::Keep(const v1::CreateTrainingJobRequest& request, Planned planned,
                                                 const std::string& made) {
  absl::MutexLock lock(&create_mutex_);
  if (planned.job.name().empty()) {
    ASSIGN_OR_RETURN(*planned.job.mutable_name(), DrawName(planned.job.dataset_version()));
  }
  // A deletion of this id is over, or comes after.
  const IdLocks::Hold hold(options_.ids, std::string(JobIdOf(planned.job.name())));
  ASSIGN_OR_RETURN(auto earlier, FindEarlier(request));
  if (earlier.has_value()) return *std::move(earlier);
  return Insert(request, std::move(planned), made);
}

absl::StatusOr<v1::TrainingJob> JobCreator::Insert(const v1::CreateTrainingJobRequest& request, Planned planned,
                                                   const std::string& made) {
  FileSystem& files = *options_.file_system;
  const std::string folder = FolderOf(planned.job.name());
  planned.plan.trainer.set_training_job(planned.job.name());
  RETURN_IF_ERROR(
      files.WriteFileAtomically(absl::StrCat(made, "/spec.binpb"), planned.plan.trainer.SerializeAsString()));
  // A folder without a job is what an earlier life left; its checkpoints are
  // of something else.
  RETURN_IF_ERROR(files.RemoveAll(folder));
  RETURN_IF_ERROR(files.Rename(made, folder));
  absl::Status synced = files.SyncDir(options_.root);
  auto inserted = synced.ok() ? options_.ledger->Insert(std::move(planned.job), request.request_id())
                              : absl::StatusOr<v1::TrainingJob>(std::move(synced));
  if (!inserted.ok()) {
    files.RemoveAll(folder).IgnoreError();
    return inserted;
  }
  // What stays of it goes at the next start.
  files.RemoveAll(absl::StrCat(folder, "/", kMakingMark)).IgnoreError();
  options_.on_created(*inserted);
  return inserted;
}

}  // namespace facet::server
