// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/version_numbers.h"

#include "base/status_macros.h"

namespace facet::server {

absl::StatusOr<int64_t> VersionNumbers::Reserve(const std::string& id, int64_t above) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  RETURN_IF_ERROR(
      database_.Run("INSERT INTO version_counters (kind, id, last) VALUES (?, ?, ? + 1) "
                    "ON CONFLICT (kind, id) DO UPDATE SET last = max(last, ?) + 1",
                    kind(), id, above, above));
  int64_t version = 0;
  {
    ASSIGN_OR_RETURN(Statement statement,
                     database_.Query("SELECT last FROM version_counters WHERE kind = ? AND id = ?", kind(), id));
    RETURN_IF_ERROR(statement.Step().status());
    version = statement.Int(0);
  }
  RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO unfinished_versions (kind, id, version) VALUES (?, ?, ?)",
                                kind(), id, version));
  RETURN_IF_ERROR(transaction.Commit());
  return version;
}

absl::Status VersionNumbers::Release(const std::string& id, int64_t version) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  RETURN_IF_ERROR(database_.Run(
      "UPDATE version_counters SET last = last - 1 WHERE kind = ? AND id = ? AND last = ? AND kept < last", kind(), id,
      version));
  RETURN_IF_ERROR(NoteFinished(id, version));
  return transaction.Commit();
}

absl::StatusOr<int64_t> VersionNumbers::LastKept(const std::string& id) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT kept FROM version_counters WHERE kind = ? AND id = ?", kind(), id));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? statement.Int(0) : 0;
}

absl::Status VersionNumbers::NoteKept(const std::string& id, int64_t version) {
  RETURN_IF_ERROR(
      database_.Run("INSERT INTO version_counters (kind, id, last, kept) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (kind, id) DO UPDATE SET last = max(last, excluded.last), "
                    "kept = max(kept, excluded.kept)",
                    kind(), id, version, version));
  return NoteFinished(id, version);
}

absl::Status VersionNumbers::NoteDeleted(const std::string& id, int64_t version) {
  return database_.Run("INSERT OR REPLACE INTO unfinished_versions (kind, id, version, deleted) VALUES (?, ?, ?, 1)",
                       kind(), id, version);
}

absl::Status VersionNumbers::NoteFinished(const std::string& id, int64_t version) {
  return database_.Run("DELETE FROM unfinished_versions WHERE kind = ? AND id = ? AND version = ?", kind(), id,
                       version);
}

absl::StatusOr<std::vector<VersionRef>> VersionNumbers::ListUnfinished() {
  ASSIGN_OR_RETURN(
      Statement statement,
      database_.Query("SELECT id, version, deleted FROM unfinished_versions WHERE kind = ? ORDER BY id, version",
                      kind()));
  std::vector<VersionRef> versions;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return versions;
    versions.push_back({statement.Bytes(0), statement.Int(1), statement.Int(2) != 0});
  }
}

}  // namespace facet::server
