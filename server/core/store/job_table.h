// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_JOB_TABLE_H_
#define FACET_SERVER_CORE_STORE_JOB_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/sqlite.h"
#include "server/core/store/store.h"

namespace facet::server {

// Jobs and their events, as Store says. Not thread-safe.
class JobTable {
 public:
  JobTable(Database* database, const StoreOptions& options) : database_(*database), options_(options) {}

  absl::Status Insert(const JobRecord& record, v1::TrainingEvent event);
  absl::StatusOr<JobRecord> Get(const std::string& name);
  absl::StatusOr<std::optional<JobRecord>> FindByRequestId(const std::string& request_id);
  absl::StatusOr<Page<v1::TrainingJob>> List(const std::vector<v1::TrainingJobState>& states, const PageRequest& page);
  absl::StatusOr<std::map<v1::TrainingJobState, int>> Count();
  absl::StatusOr<int64_t> Update(v1::TrainingJob job, v1::TrainingEvent event);
  absl::Status Put(v1::TrainingJob job);
  absl::Status Delete(const std::string& name);
  // Gives up the oldest `limit` events of progress, as if there were a bound on
  // them. False: there were none left.
  absl::StatusOr<bool> TrimProgress(const std::string& name, int limit);
  absl::StatusOr<std::vector<v1::TrainingAttempt>> ListAttempts(const std::string& job, int limit);
  absl::StatusOr<std::vector<v1::TrainingEvent>> ListEvents(const std::string& job, int64_t after_revision, int limit);
  absl::StatusOr<int64_t> CompactedRevision(const std::string& job);

 private:
  absl::StatusOr<bool> Exists(const std::string& name);
  absl::StatusOr<int64_t> Revision(const std::string& name);
  // With the attempts that `job` carries, which have a table of their own.
  absl::Status Replace(v1::TrainingJob job);
  absl::Status AppendEvent(const std::string& job, v1::TrainingEvent event, int64_t revision);
  absl::Status Compact(const std::string& job, int64_t revision);
  absl::Status NotFound(const std::string& name);

  Database& database_;
  const StoreOptions options_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_JOB_TABLE_H_
