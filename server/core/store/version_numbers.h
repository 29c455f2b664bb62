// SPDX-License-Identifier: Apache-2.0
// Numbers of versions, and which versions a crash may have left half-made or
// half-removed. Not thread-safe.
#ifndef FACET_SERVER_CORE_STORE_VERSION_NUMBERS_H_
#define FACET_SERVER_CORE_STORE_VERSION_NUMBERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/core/store/sqlite.h"
#include "server/core/store/store.h"

namespace facet::server {

class VersionNumbers {
 public:
  VersionNumbers(Database* database, VersionKind kind) : database_(*database), kind_(kind) {}

  // The next version of `id`, above `above`, noted as unfinished. Gaps are
  // possible; what was kept is never repeated.
  absl::StatusOr<int64_t> Reserve(const std::string& id, int64_t above);
  // Gives back one that was reserved and not kept, where it is the last.
  absl::Status Release(const std::string& id, int64_t version);
  // The highest version of `id` that was ever kept; 0: none.
  absl::StatusOr<int64_t> LastKept(const std::string& id);
  // Within the transaction that writes or deletes the version's row.
  absl::Status NoteKept(const std::string& id, int64_t version);
  absl::Status NoteDeleted(const std::string& id, int64_t version);

  absl::Status NoteFinished(const std::string& id, int64_t version);
  absl::StatusOr<std::vector<VersionRef>> ListUnfinished();

 private:
  absl::string_view kind() const { return kind_ == VersionKind::kModel ? "model" : "dataset"; }

  Database& database_;
  const VersionKind kind_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_VERSION_NUMBERS_H_
