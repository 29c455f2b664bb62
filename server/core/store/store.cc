// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/store.h"

#include <filesystem>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "server/core/store/dataset_table.h"
#include "server/core/store/disk_reserve.h"
#include "server/core/store/file_lock.h"
#include "server/core/store/job_table.h"
#include "server/core/store/model_table.h"
#include "server/core/store/schema.h"
#include "server/core/store/sqlite.h"

namespace facet::server {
namespace {

// Events; each takes a kilobyte of the log at the most.
constexpr int kTrimmedAtOnce = 1000;

bool IsDiskFull(const absl::Status& status) { return GetErrorDetail(status).reason == "DISK_FULL"; }
template <typename T>
bool IsDiskFull(const absl::StatusOr<T>& result) {
  return IsDiskFull(result.status());
}

// A job that comes to be so takes no more room, or is about to be taken up by a
// server that starts.
bool IsStopOrEnd(v1::TrainingJobState state) {
  return state == v1::TRAINING_JOB_STATE_PAUSING || state == v1::TRAINING_JOB_STATE_PAUSED ||
         state == v1::TRAINING_JOB_STATE_CANCELLING || state == v1::TRAINING_JOB_STATE_CANCELLED ||
         state == v1::TRAINING_JOB_STATE_RECOVERING || state == v1::TRAINING_JOB_STATE_SUCCEEDED ||
         state == v1::TRAINING_JOB_STATE_FAILED;
}

// One connection behind one mutex: the writes would queue for the disk in any
// case, and the reads are short.
class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<FileLock> lock, std::unique_ptr<DiskReserve> reserve, std::unique_ptr<Database> database,
              const StoreOptions& options)
      : lock_(std::move(lock)),
        reserve_(std::move(reserve)),
        database_(std::move(database)),
        jobs_(database_.get(), options),
        models_(database_.get()),
        datasets_(database_.get()) {}

  absl::Status CheckInPlace() override { return database_->CheckInPlace(); }

  absl::Status InsertJob(const JobRecord& record, v1::TrainingEvent event) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.Insert(record, std::move(event));
  }
  absl::StatusOr<JobRecord> GetJob(const std::string& name) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.Get(name);
  }
  absl::StatusOr<std::optional<JobRecord>> FindJobByRequestId(const std::string& request_id) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.FindByRequestId(request_id);
  }
  absl::StatusOr<Page<v1::TrainingJob>> ListJobs(const std::vector<v1::TrainingJobState>& states,
                                                 const PageRequest& page) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.List(states, page);
  }
  absl::StatusOr<std::map<v1::TrainingJobState, int>> CountJobs() override {
    absl::MutexLock lock(&mutex_);
    return jobs_.Count();
  }
  absl::StatusOr<int64_t> UpdateJob(const v1::TrainingJob& job, v1::TrainingEvent event) override {
    absl::MutexLock lock(&mutex_);
    auto revision = jobs_.Update(job, event);
    if (IsDiskFull(revision) && StopsOrEnds(job)) {
      return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return jobs_.Update(job, event); });
    }
    if (revision.ok()) reserve_->Fill();
    return revision;
  }
  absl::Status PutJob(const v1::TrainingJob& job) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.Put(job);
  }
  absl::Status DeleteJob(const std::string& name) override {
    absl::MutexLock lock(&mutex_);
    absl::Status deleted = jobs_.Delete(name);
    if (!IsDiskFull(deleted)) return deleted;
    // All the events of a long job are more than the reserve has room for.
    RETURN_IF_ERROR(TrimAllProgress(name));
    return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return jobs_.Delete(name); });
  }
  absl::StatusOr<std::vector<v1::TrainingEvent>> ListEvents(const std::string& job, int64_t after_revision,
                                                            int limit) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.ListEvents(job, after_revision, limit);
  }
  absl::StatusOr<int64_t> CompactedRevision(const std::string& job) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.CompactedRevision(job);
  }
  absl::StatusOr<std::vector<v1::TrainingAttempt>> ListAttempts(const std::string& job, int limit) override {
    absl::MutexLock lock(&mutex_);
    return jobs_.ListAttempts(job, limit);
  }

  absl::StatusOr<int64_t> ReserveVersion(VersionKind kind, const std::string& id, int64_t above) override {
    absl::MutexLock lock(&mutex_);
    return Numbers(kind).Reserve(id, above);
  }
  absl::Status ReleaseVersion(VersionKind kind, const std::string& id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return Numbers(kind).Release(id, version);
  }
  absl::StatusOr<std::vector<VersionRef>> ListUnfinishedVersions(VersionKind kind) override {
    absl::MutexLock lock(&mutex_);
    return Numbers(kind).ListUnfinished();
  }
  absl::Status FinishVersion(VersionKind kind, const std::string& id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Numbers(kind).NoteFinished(id, version); });
  }

  absl::StatusOr<int64_t> LastModelVersion(const std::string& model_id) override {
    absl::MutexLock lock(&mutex_);
    return models_.numbers().LastKept(model_id);
  }
  absl::Status InsertModelVersion(const std::string& model_id, int64_t version, const v1::ModelVersion& info,
                                  const v1::PublishModelRequest& request) override {
    absl::MutexLock lock(&mutex_);
    return models_.Insert(model_id, version, info, request);
  }
  absl::StatusOr<v1::ModelVersion> GetModelVersion(const std::string& model_id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return models_.Get(model_id, version);
  }
  absl::StatusOr<std::optional<ModelRecord>> FindModelByRequestId(const std::string& request_id) override {
    absl::MutexLock lock(&mutex_);
    return models_.FindByRequestId(request_id);
  }
  absl::StatusOr<Page<v1::ModelVersion>> ListModelVersions(const std::string& model_id,
                                                           const PageRequest& page) override {
    absl::MutexLock lock(&mutex_);
    return models_.List(model_id, page);
  }
  absl::StatusOr<std::vector<int64_t>> DeleteModel(const std::string& model_id) override {
    absl::MutexLock lock(&mutex_);
    return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return models_.DeleteAll(model_id); });
  }
  absl::Status DeleteModelVersion(const std::string& model_id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return models_.Delete(model_id, version); });
  }
  absl::Status SetAlias(const std::string& model_id, const std::string& alias, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return models_.SetAlias(model_id, alias, version);
  }
  absl::StatusOr<int64_t> ResolveAlias(const std::string& model_id, const std::string& alias) override {
    absl::MutexLock lock(&mutex_);
    return models_.ResolveAlias(model_id, alias);
  }
  absl::StatusOr<std::vector<std::string>> ListAliases(const std::string& model_id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return models_.ListAliases(model_id, version);
  }

  absl::Status InsertDataset(const std::string& dataset_id, int64_t version, const v1::Dataset& info) override {
    absl::MutexLock lock(&mutex_);
    return datasets_.Insert(dataset_id, version, info);
  }
  absl::StatusOr<v1::Dataset> GetDataset(const std::string& dataset_id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return datasets_.Get(dataset_id, version);
  }
  absl::StatusOr<Page<v1::Dataset>> ListDatasets(const std::string& dataset_id, const PageRequest& page) override {
    absl::MutexLock lock(&mutex_);
    return datasets_.List(dataset_id, page);
  }
  absl::Status DeleteDataset(const std::string& dataset_id, int64_t version) override {
    absl::MutexLock lock(&mutex_);
    return UseReserve([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return datasets_.Delete(dataset_id, version); });
  }

 private:
  VersionNumbers& Numbers(VersionKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return kind == VersionKind::kModel ? models_.numbers() : datasets_.numbers();
  }

  // Whether the job comes to another state, and that one is worth the reserve.
  bool StopsOrEnds(const v1::TrainingJob& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto kept = jobs_.Get(job.name());
    return kept.ok() && kept->job.state() != job.state() && IsStopOrEnd(job.state());
  }

  // What `write` returns, which is a change as a whole; on a full disk once as
  // much of the reserve was let go as it needs.
  template <typename Write>
  std::invoke_result_t<const Write&> UseReserve(const Write& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto result = write();
    while (IsDiskFull(result) && reserve_->LetGo()) {
      Checkpoint();
      result = write();
    }
    reserve_->Fill();
    return result;
  }
  // What has come from the log to the database is no longer needed there: the log
  // is written from its beginning again, without taking room.
  void Checkpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    database_->Execute("PRAGMA wal_checkpoint(PASSIVE)").IgnoreError();
  }
  // Of a job that goes, in changes that each fit into the reserve.
  absl::Status TrimAllProgress(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto trim = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return jobs_.TrimProgress(name, kTrimmedAtOnce); };
    for (bool more = true; more;) {
      ASSIGN_OR_RETURN(more, UseReserve(trim));
      Checkpoint();
    }
    return absl::OkStatus();
  }

  std::unique_ptr<FileLock> lock_;  // outlives the connection
  absl::Mutex mutex_;
  const std::unique_ptr<DiskReserve> reserve_ ABSL_PT_GUARDED_BY(mutex_);
  const std::unique_ptr<Database> database_;
  JobTable jobs_ ABSL_GUARDED_BY(mutex_);
  ModelTable models_ ABSL_GUARDED_BY(mutex_);
  DatasetTable datasets_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::string& path) {
  ASSIGN_OR_RETURN(auto database, Database::Open(path));
  RETURN_IF_ERROR(Migrate(*database, Migrations()));
  return database;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path, const StoreOptions& options) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) RETURN_IF_ERROR(FileSystem::Posix()->CreateDirs(folder));
  ASSIGN_OR_RETURN(auto lock, FileLock::Acquire(absl::StrCat(path, ".lock")));
  auto reserve = std::make_unique<DiskReserve>(absl::StrCat(path, ".reserve"));
  auto database = OpenDatabase(path);
  while (IsDiskFull(database) && reserve->LetGo()) database = OpenDatabase(path);
  RETURN_IF_ERROR(database.status());
  reserve->Fill();
  return std::make_unique<SqliteStore>(std::move(lock), std::move(reserve), *std::move(database), options);
}

}  // namespace facet::server
