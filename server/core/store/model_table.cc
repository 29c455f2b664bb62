// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/model_table.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "server/core/store/row.h"

namespace facet::server {
namespace {

// Nobody can ask for one without an id again.
std::string KeptRequest(const v1::PublishModelRequest& request) {
  return request.request_id().empty() ? std::string() : request.SerializeAsString();
}

}  // namespace

absl::Status ModelTable::Insert(const std::string& model, int64_t version, const v1::ModelVersion& info,
                                const v1::PublishModelRequest& request) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(const bool taken, Exists(model, version));
  if (taken) {
    return WithReason(
        absl::AlreadyExistsError(absl::StrCat("there is a 'models/", VersionKey(model, version), "' already")),
        "MODEL_EXISTS");
  }
  RETURN_IF_ERROR(
      database_.Run("INSERT INTO model_versions (model, version, request_id, info, request) VALUES (?, ?, ?, ?, ?)",
                    model, version, request.request_id(), Blob{info.SerializeAsString()}, Blob{KeptRequest(request)}));
  RETURN_IF_ERROR(RaiseAlias(model, kLatestAlias, version));
  for (const std::string& alias : request.aliases()) RETURN_IF_ERROR(RaiseAlias(model, alias, version));
  RETURN_IF_ERROR(numbers_.NoteKept(model, version));
  return transaction.Commit();
}

absl::StatusOr<v1::ModelVersion> ModelTable::Get(const std::string& model, int64_t version) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info FROM model_versions WHERE model = ? AND version = ?", model, version));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(model, absl::StrCat(version));
  return ReadColumn<v1::ModelVersion>(statement, 0);
}

absl::StatusOr<std::optional<ModelRecord>> ModelTable::FindByRequestId(const std::string& request_id) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info, request FROM model_versions WHERE request_id = ? AND request_id <> ''",
                                   request_id));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::nullopt;
  ModelRecord record;
  ASSIGN_OR_RETURN(record.info, ReadColumn<v1::ModelVersion>(statement, 0));
  if (statement.Bytes(1).empty()) return record;
  ASSIGN_OR_RETURN(record.request, ReadColumn<v1::PublishModelRequest>(statement, 1));
  return record;
}

absl::StatusOr<Page<v1::ModelVersion>> ModelTable::List(const std::string& model, const PageRequest& page) {
  ParsedVersionKey after;
  if (!page.after.empty()) {
    ASSIGN_OR_RETURN(after, ParseVersionKey(page.after));
    if (!model.empty() && after.id != model) return BadPageToken();
  }
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT info, model, version FROM model_versions "
                                   "WHERE (? = '' OR model = ?) AND (model > ? OR (model = ? AND version < ?)) "
                                   "ORDER BY model, version DESC LIMIT ?",
                                   model, model, after.id, after.id, after.version, page.limit + 1));
  Page<v1::ModelVersion> result;
  std::string last;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return result;
    if (static_cast<int>(result.items.size()) == page.limit) break;
    ASSIGN_OR_RETURN(v1::ModelVersion info, ReadColumn<v1::ModelVersion>(statement, 0));
    result.items.push_back(std::move(info));
    last = VersionKey(statement.Bytes(1), statement.Int(2));
  }
  result.next = std::move(last);
  return result;
}

absl::Status ModelTable::Delete(const std::string& model, int64_t version) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  RETURN_IF_ERROR(database_.Run("DELETE FROM model_versions WHERE model = ? AND version = ?", model, version));
  if (database_.Changes() == 0) return NotFound(model, absl::StrCat(version));
  RETURN_IF_ERROR(CheckNoAlias(model, version));
  RETURN_IF_ERROR(database_.Run("DELETE FROM model_aliases WHERE model = ? AND version = ?", model, version));
  RETURN_IF_ERROR(RestoreLatest(model));
  RETURN_IF_ERROR(numbers_.NoteDeleted(model, version));
  return transaction.Commit();
}

absl::StatusOr<std::vector<int64_t>> ModelTable::DeleteAll(const std::string& model) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(std::vector<int64_t> versions, Versions(model));
  if (versions.empty()) return NoSuchModel(model, absl::StrCat("models/", model));
  RETURN_IF_ERROR(database_.Run("DELETE FROM model_versions WHERE model = ?", model));
  RETURN_IF_ERROR(database_.Run("DELETE FROM model_aliases WHERE model = ?", model));
  for (const int64_t version : versions) RETURN_IF_ERROR(numbers_.NoteDeleted(model, version));
  RETURN_IF_ERROR(transaction.Commit());
  return versions;
}

absl::Status ModelTable::CheckNoAlias(const std::string& model, int64_t version) {
  ASSIGN_OR_RETURN(const std::vector<std::string> aliases, ListAliases(model, version));
  for (const std::string& alias : aliases) {
    if (alias == kLatestAlias) continue;
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("the alias '", alias, "' points to models/", VersionKey(model, version),
                                       "; point it at another version first, or remove the whole model")),
                      "ALIAS_IN_USE");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> ModelTable::Versions(const std::string& model) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT version FROM model_versions WHERE model = ? ORDER BY version", model));
  std::vector<int64_t> versions;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return versions;
    versions.push_back(statement.Int(0));
  }
}

absl::Status ModelTable::RaiseAlias(const std::string& model, const std::string& alias, int64_t version) {
  return database_.Run(
      "INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?) "
      "ON CONFLICT (model, alias) DO UPDATE SET version = max(version, excluded.version)",
      model, alias, version);
}

absl::Status ModelTable::RestoreLatest(const std::string& model) {
  return database_.Run(
      "INSERT OR IGNORE INTO model_aliases (model, alias, version) "
      "SELECT model, ?, max(version) FROM model_versions WHERE model = ? GROUP BY model",
      kLatestAlias, model);
}

absl::Status ModelTable::SetAlias(const std::string& model, const std::string& alias, int64_t version) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(const bool found, Exists(model, version));
  if (!found) return NotFound(model, absl::StrCat(version));
  RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO model_aliases (model, alias, version) VALUES (?, ?, ?)", model,
                                alias, version));
  return transaction.Commit();
}

absl::StatusOr<int64_t> ModelTable::ResolveAlias(const std::string& model, const std::string& alias) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT version FROM model_aliases WHERE model = ? AND alias = ?", model, alias));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(model, alias);
  return statement.Int(0);
}

absl::StatusOr<std::vector<std::string>> ModelTable::ListAliases(const std::string& model, int64_t version) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT alias FROM model_aliases WHERE model = ? AND version = ? ORDER BY alias",
                                   model, version));
  return ReadStrings(std::move(statement));
}

absl::StatusOr<bool> ModelTable::Exists(const std::string& model, int64_t version) {
  ASSIGN_OR_RETURN(Statement statement,
                   database_.Query("SELECT 1 FROM model_versions WHERE model = ? AND version = ?", model, version));
  return statement.Step();
}

absl::Status ModelTable::NotFound(const std::string& model, const std::string& what) {
  const std::string name = absl::StrCat("models/", model, "@", what);
  ASSIGN_OR_RETURN(Statement version_rows,
                   database_.Query("SELECT version FROM model_versions WHERE model = ? "
                                   "UNION ALL SELECT alias FROM model_aliases WHERE model = ? LIMIT 50",
                                   model, model));
  ASSIGN_OR_RETURN(const std::vector<std::string> versions, ReadStrings(std::move(version_rows)));
  if (!versions.empty()) {
    // One number is as near as another.
    int64_t number = 0;
    const std::string nearest = absl::SimpleAtoi(what, &number) ? "" : NearestName(what, versions);
    const std::string question = nearest.empty() ? "" : absl::StrCat("Did you mean '", nearest, "'? ");
    return ResourceNotFound("facet.v1.ModelVersion", name,
                            absl::StrCat("model '", model, "' has no version or alias '", what, "'. ", question,
                                         "It has: ", absl::StrJoin(versions, ", "), "."));
  }
  return NoSuchModel(model, name);
}

absl::Status ModelTable::NoSuchModel(const std::string& model, const std::string& name) {
  ASSIGN_OR_RETURN(Statement model_rows, database_.Query("SELECT DISTINCT model FROM model_versions LIMIT 200"));
  ASSIGN_OR_RETURN(const std::vector<std::string> models, ReadStrings(std::move(model_rows)));
  return ResourceNotFound("facet.v1.Model", name,
                          absl::StrCat("there is no model '", model, "'. ", SuggestNames(model, models)));
}

}  // namespace facet::server
