// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_DATASET_TABLE_H_
#define FACET_SERVER_CORE_STORE_DATASET_TABLE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"
#include "server/core/store/sqlite.h"
#include "server/core/store/store.h"
#include "server/core/store/version_numbers.h"

namespace facet::server {

// Data set versions, as Store says. Not thread-safe.
class DatasetTable {
 public:
  explicit DatasetTable(Database* database) : database_(*database), numbers_(database, VersionKind::kDataset) {}

  VersionNumbers& numbers() { return numbers_; }
  absl::Status Insert(const std::string& dataset, int64_t version, const v1::Dataset& info);
  absl::StatusOr<v1::Dataset> Get(const std::string& dataset, int64_t version);
  absl::StatusOr<Page<v1::Dataset>> List(const std::string& dataset, const PageRequest& page);
  absl::Status Delete(const std::string& dataset, int64_t version);

 private:
  absl::StatusOr<Page<v1::Dataset>> ListNewest(const PageRequest& page);
  absl::StatusOr<Page<v1::Dataset>> ListVersions(const std::string& dataset, const PageRequest& page);
  absl::Status NotFound(const std::string& dataset, int64_t version);

  Database& database_;
  VersionNumbers numbers_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_DATASET_TABLE_H_
