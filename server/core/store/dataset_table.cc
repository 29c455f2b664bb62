// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/dataset_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "server/core/store/row.h"

namespace facet::server {
namespace {

// Reads at most `limit` rows of (info, key); one more row means another page,
// which begins after the last key read.
absl::StatusOr<Page<v1::Dataset>> ReadPage(Statement statement, int limit) {
  Page<v1::Dataset> result;
  std::string last;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return result;
    if (static_cast<int>(result.items.size()) == limit) break;
    ASSIGN_OR_RETURN(v1::Dataset info, ReadColumn<v1::Dataset>(statement, 0));
    result.items.push_back(std::move(info));
    last = statement.Bytes(1);
  }
  result.next = std::move(last);
  return result;
}

}  // namespace

absl::Status DatasetTable::Insert(const std::string& dataset, int64_t version, const v1::Dataset& info) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  const absl::Status status = database_.Run("INSERT INTO dataset_versions (dataset, version, info) VALUES (?, ?, ?)",
                                            dataset, version, Blob{info.SerializeAsString()});
  if (absl::IsAlreadyExists(status)) {
    return WithReason(
        absl::AlreadyExistsError(absl::StrCat("there is a 'datasets/", VersionKey(dataset, version), "' already")),
        "DATASET_EXISTS");
  }
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(numbers_.NoteKept(dataset, version));
  return transaction.Commit();
}

absl::StatusOr<v1::Dataset> DatasetTable::Get(const std::string& dataset, int64_t version) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info FROM dataset_versions WHERE dataset = ? AND (? = 0 OR version = ?) "
                                   "ORDER BY version DESC LIMIT 1",
                                   dataset, version, version));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(dataset, version);
  return ReadColumn<v1::Dataset>(statement, 0);
}

absl::StatusOr<Page<v1::Dataset>> DatasetTable::List(const std::string& dataset, const PageRequest& page) {
  return dataset.empty() ? ListNewest(page) : ListVersions(dataset, page);
}

absl::StatusOr<Page<v1::Dataset>> DatasetTable::ListNewest(const PageRequest& page) {
  ParsedVersionKey after;
  if (!page.after.empty()) {
    ASSIGN_OR_RETURN(after, ParseVersionKey(page.after));
  }
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info, dataset || '@' || version FROM dataset_versions AS d "
                                   "WHERE dataset > ? AND version = "
                                   "(SELECT max(version) FROM dataset_versions WHERE dataset = d.dataset) "
                                   "ORDER BY dataset LIMIT ?",
                                   after.id, page.limit + 1));
  return ReadPage(std::move(statement), page.limit);
}

absl::StatusOr<Page<v1::Dataset>> DatasetTable::ListVersions(const std::string& dataset, const PageRequest& page) {
  ParsedVersionKey after{dataset, INT64_MAX};
  if (!page.after.empty()) {
    ASSIGN_OR_RETURN(after, ParseVersionKey(page.after));
    if (after.id != dataset) return BadPageToken();
  }
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info, dataset || '@' || version FROM dataset_versions "
                                   "WHERE dataset = ? AND version < ? ORDER BY version DESC LIMIT ?",
                                   dataset, after.version, page.limit + 1));
  return ReadPage(std::move(statement), page.limit);
}

absl::Status DatasetTable::Delete(const std::string& dataset, int64_t version) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  RETURN_IF_ERROR(database_.Run("DELETE FROM dataset_versions WHERE dataset = ? AND version = ?", dataset, version));
  if (database_.Changes() == 0) return NotFound(dataset, version);
  RETURN_IF_ERROR(numbers_.NoteDeleted(dataset, version));
  return transaction.Commit();
}

absl::Status DatasetTable::NotFound(const std::string& dataset, int64_t version) {
  ASSIGN_OR_RETURN(Statement version_rows,
                   database_.Query("SELECT version FROM dataset_versions WHERE dataset = ? LIMIT 50", dataset));
  ASSIGN_OR_RETURN(const std::vector<std::string> versions, ReadStrings(std::move(version_rows)));
  if (!versions.empty()) {
    return ResourceNotFound("facet.v1.Dataset", absl::StrCat("datasets/", VersionKey(dataset, version)),
                            absl::StrCat("data set '", dataset, "' has no version ", version,
                                         ". It has: ", absl::StrJoin(versions, ", "), "."));
  }
  ASSIGN_OR_RETURN(Statement name_rows, database_.Query("SELECT DISTINCT dataset FROM dataset_versions LIMIT 200"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadStrings(std::move(name_rows)));
  return ResourceNotFound("facet.v1.Dataset", absl::StrCat("datasets/", dataset),
                          absl::StrCat("there is no data set '", dataset, "'. ", SuggestNames(dataset, names)));
}

}  // namespace facet::server
