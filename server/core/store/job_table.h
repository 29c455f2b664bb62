// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_JOB_TABLE_H_
#define FACET_SERVER_CORE_STORE_JOB_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/sqlite.h"
#include "server/core/store/store.h"

namespace facet::server {

// Progress events kept for a job: a day of one a second. Older ones go;
// transitions all stay.
inline constexpr int64_t kMaxProgressEvents = 100'000;

// Jobs and their events, as Store says. Not thread-safe.
class JobTable {
 public:
  explicit JobTable(Database* database) : database_(*database) {}

  absl::Status Insert(const JobRecord& record, v1::TrainingEvent event);
  absl::StatusOr<JobRecord> Get(const std::string& name);
  absl::StatusOr<std::optional<JobRecord>> FindByRequestId(const std::string& request_id);
  absl::StatusOr<Page<v1::TrainingJob>> List(const std::vector<v1::TrainingJobState>& states,
                                             const PageRequest& page);
  absl::StatusOr<int64_t> Update(v1::TrainingJob job, v1::TrainingEvent event);
  absl::Status Put(v1::TrainingJob job);
  absl::Status Delete(const std::string& name);
  absl::StatusOr<std::vector<v1::TrainingEvent>> ListEvents(const std::string& job, int64_t after_revision,
                                                            int limit);

 private:
  absl::StatusOr<bool> Exists(const std::string& name);
  absl::StatusOr<int64_t> Revision(const std::string& name);
  absl::Status Replace(const v1::TrainingJob& job);
  absl::Status AppendEvent(const std::string& job, v1::TrainingEvent event, int64_t revision);
  absl::Status NotFound(const std::string& name);

  Database& database_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_JOB_TABLE_H_
