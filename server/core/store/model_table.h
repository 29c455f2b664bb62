// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_MODEL_TABLE_H_
#define FACET_SERVER_CORE_STORE_MODEL_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/sqlite.h"
#include "server/core/store/store.h"
#include "server/core/store/version_numbers.h"

namespace facet::server {

// Model versions and aliases, as Store says. Not thread-safe.
class ModelTable {
 public:
  explicit ModelTable(Database* database) : database_(*database), numbers_(database, VersionKind::kModel) {}

  VersionNumbers& numbers() { return numbers_; }
  absl::Status Insert(const std::string& model, int64_t version, const v1::ModelVersion& info,
                      const v1::PublishModelRequest& request);
  absl::StatusOr<v1::ModelVersion> Get(const std::string& model, int64_t version);
  absl::StatusOr<std::optional<ModelRecord>> FindByRequestId(const std::string& request_id);
  absl::StatusOr<Page<v1::ModelVersion>> List(const std::string& model, const PageRequest& page);
  absl::Status Delete(const std::string& model, int64_t version);
  absl::StatusOr<std::vector<int64_t>> DeleteAll(const std::string& model);
  absl::Status SetAlias(const std::string& model, const std::string& alias, int64_t version);
  absl::StatusOr<int64_t> ResolveAlias(const std::string& model, const std::string& alias);
  absl::StatusOr<std::vector<std::string>> ListAliases(const std::string& model, int64_t version);

 private:
  // Unless it points to a higher version.
  absl::Status RaiseAlias(const std::string& model, const std::string& alias, int64_t version);
  // That no alias but `latest` points to the version.
  absl::Status CheckNoAlias(const std::string& model, int64_t version);
  absl::StatusOr<std::vector<int64_t>> Versions(const std::string& model);
  // Where there is no `latest`.
  absl::Status RestoreLatest(const std::string& model);
  absl::StatusOr<bool> Exists(const std::string& model, int64_t version);
  // `what` follows the '@' of the name.
  absl::Status NotFound(const std::string& model, const std::string& what);
  // `name` is what was asked for.
  absl::Status NoSuchModel(const std::string& model, const std::string& name);

  Database& database_;
  VersionNumbers numbers_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_MODEL_TABLE_H_
