// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_STORE_H_
#define FACET_SERVER_CORE_STORE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/paging.h"

namespace facet::server {

// A row of the job table: the message clients see, and the request id it came
// with.
struct JobRecord {
  v1::TrainingJob job;
  std::string request_id;
};

// A row of the table of model versions, with the request that made it. None: it
// came without a request id, or the row was written before requests were kept.
struct ModelRecord {
  v1::ModelVersion info;
  std::optional<v1::PublishModelRequest> request;
};

struct StoreOptions {
  // Progress events kept for a job: a day of one a second. Older ones go;
  // changes of state, notes and points of the curve all stay.
  int64_t max_progress_events = 100'000;
};

// The alias that every model has: its highest version, unless somebody moved it.
inline constexpr char kLatestAlias[] = "latest";

// Models and data sets have versions, which are folders beside the store.
enum class VersionKind { kModel, kDataset };
struct VersionRef {
  std::string id;
  int64_t version = 0;
  bool deleted = false;  // else it was reserved
};

// Everything that must outlive the process, in one SQLite database (WAL, full
// sync): what a call has acknowledged is on the disk. Thread-safe; calls block
// on the disk. SQL is spoken in this folder and nowhere else.
//
// Errors: NOT_FOUND (ResourceInfo; the message names what there is) and
// ALREADY_EXISTS as each method says, INVALID_ARGUMENT (field `page_token`) for
// a page that no listing returned, RESOURCE_EXHAUSTED (reason DISK_FULL),
// DATA_LOSS for a damaged database, UNAVAILABLE for one that another process
// holds, INTERNAL (STORE_IO_ERROR) for a disk that fails and for changes once the
// database is no longer in its place. A call that fails has changed nothing.
//
// `<path>.reserve` keeps room on the disk (DiskReserve) for what must go on when
// there is no other: opening, deletions, and jobs that stop or end. A job that is
// deleted so gives up its progress first, and may fail then.
class Store {
 public:
  // Opens or makes `path`, its folder included, and migrates older schemas.
  // FAILED_PRECONDITION: made by a newer version (reason STORE_TOO_NEW), or
  // another server has it open (STATE_IN_USE; `<path>.lock` tells).
  // PERMISSION_DENIED: file or folder cannot be written.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path, const StoreOptions& options = {});
  virtual ~Store() = default;

  // INTERNAL (STORE_IO_ERROR): the database was removed, moved or replaced; the
  // message says what to do. Every change fails with the same. Does not wait for
  // other calls.
  virtual absl::Status CheckInPlace() = 0;

  // Jobs. `name` is `trainingJobs/{id}`.
  // Keeps the job with `event` as its revision 1, in one transaction.
  // ALREADY_EXISTS: the name or the request id is taken.
  virtual absl::Status InsertJob(const JobRecord& record, v1::TrainingEvent event) = 0;
  virtual absl::StatusOr<JobRecord> GetJob(const std::string& name) = 0;
  virtual absl::StatusOr<std::optional<JobRecord>> FindJobByRequestId(const std::string& request_id) = 0;
  // Newest first; `states` empty means all.
  virtual absl::StatusOr<Page<v1::TrainingJob>> ListJobs(const std::vector<v1::TrainingJobState>& states,
                                                         const PageRequest& page) = 0;
  // Numbers of jobs by state; states of none are left out.
  virtual absl::StatusOr<std::map<v1::TrainingJobState, int>> CountJobs() = 0;
  // Replaces the job and appends `event` (its revision is set to the job's, one
  // more than before) in one transaction. Attempts that `job` carries replace
  // those with the same number, others stay; jobs are read without attempts.
  // Returns the revision.
  virtual absl::StatusOr<int64_t> UpdateJob(const v1::TrainingJob& job, v1::TrainingEvent event) = 0;
  // Replaces the job without an event; its revision stays.
  virtual absl::Status PutJob(const v1::TrainingJob& job) = 0;
  // With its events and attempts.
  virtual absl::Status DeleteJob(const std::string& name) = 0;
  // The newest `limit`, oldest first.
  virtual absl::StatusOr<std::vector<v1::TrainingAttempt>> ListAttempts(const std::string& job, int limit) = 0;
  // Events with a higher revision, oldest first, as far as they are kept.
  virtual absl::StatusOr<std::vector<v1::TrainingEvent>> ListEvents(const std::string& job, int64_t after_revision,
                                                                    int limit) = 0;
  // All events with a higher revision are kept; some up to it are not.
  virtual absl::StatusOr<int64_t> CompactedRevision(const std::string& job) = 0;

  // Versions of both kinds count from 1; one that was inserted is never used
  // again. One is unfinished, with what there may be of its folder to be
  // removed, from its reservation until it is inserted or released, and from its
  // deletion until it is called finished.
  // The next one, and above `above`.
  virtual absl::StatusOr<int64_t> ReserveVersion(VersionKind kind, const std::string& id, int64_t above) = 0;
  absl::StatusOr<int64_t> ReserveModelVersion(const std::string& model_id, int64_t above = 0) {
    return ReserveVersion(VersionKind::kModel, model_id, above);
  }
  absl::StatusOr<int64_t> ReserveDatasetVersion(const std::string& dataset_id, int64_t above = 0) {
    return ReserveVersion(VersionKind::kDataset, dataset_id, above);
  }
  // What was reserved came to nothing, and nothing is left of its folder. The
  // next reservation gets the number, unless higher ones were reserved meanwhile.
  // For the process that reserved it alone: after a restart, or with a database
  // restored from a copy, others may have seen the version. Finishes a version
  // that was inserted, as FinishVersion does.
  virtual absl::Status ReleaseVersion(VersionKind kind, const std::string& id, int64_t version) = 0;
  // By id and version.
  virtual absl::StatusOr<std::vector<VersionRef>> ListUnfinishedVersions(VersionKind kind) = 0;
  // Nothing is left of its folder, or it is not ours to remove.
  virtual absl::Status FinishVersion(VersionKind kind, const std::string& id, int64_t version) = 0;

  // Models.
  // The highest version ever inserted, also where it is gone; 0: none was.
  virtual absl::StatusOr<int64_t> LastModelVersion(const std::string& model_id) = 0;
  // Moves `latest` and the aliases of `request` to it in the same transaction,
  // each unless it points to a higher version. `request` is kept where it has a
  // request id.
  virtual absl::Status InsertModelVersion(const std::string& model_id, int64_t version, const v1::ModelVersion& info,
                                          const v1::PublishModelRequest& request) = 0;
  virtual absl::StatusOr<v1::ModelVersion> GetModelVersion(const std::string& model_id, int64_t version) = 0;
  virtual absl::StatusOr<std::optional<ModelRecord>> FindModelByRequestId(const std::string& request_id) = 0;
  // By model, newest first; `model_id` empty means all.
  virtual absl::StatusOr<Page<v1::ModelVersion>> ListModelVersions(const std::string& model_id,
                                                                   const PageRequest& page) = 0;
  // `latest` moves to the highest version that is left, in the same transaction.
  // FAILED_PRECONDITION (reason ALIAS_IN_USE): another alias points to it.
  virtual absl::Status DeleteModelVersion(const std::string& model_id, int64_t version) = 0;
  // All versions and aliases in one transaction. Returns the versions that there
  // were, ascending. NOT_FOUND: none.
  virtual absl::StatusOr<std::vector<int64_t>> DeleteModel(const std::string& model_id) = 0;
  // NOT_FOUND: no such version.
  virtual absl::Status SetAlias(const std::string& model_id, const std::string& alias, int64_t version) = 0;
  virtual absl::StatusOr<int64_t> ResolveAlias(const std::string& model_id, const std::string& alias) = 0;
  // Alias names that point to the version, sorted.
  virtual absl::StatusOr<std::vector<std::string>> ListAliases(const std::string& model_id, int64_t version) = 0;

  // Data sets, likewise.
  virtual absl::Status InsertDataset(const std::string& dataset_id, int64_t version, const v1::Dataset& info) = 0;
  // Version 0 means the newest.
  virtual absl::StatusOr<v1::Dataset> GetDataset(const std::string& dataset_id, int64_t version) = 0;
  // Newest version of each by name, or, with an id, its versions, newest first.
  virtual absl::StatusOr<Page<v1::Dataset>> ListDatasets(const std::string& dataset_id, const PageRequest& page) = 0;
  virtual absl::Status DeleteDataset(const std::string& dataset_id, int64_t version) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_STORE_H_
