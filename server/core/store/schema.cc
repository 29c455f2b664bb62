// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/schema.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

// Messages are kept whole as blobs; columns hold what is searched for.
const std::string kTables = R"sql(
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of creation
    name TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    revision INTEGER NOT NULL,              -- of the newest event
    request_id TEXT NOT NULL,
    job BLOB NOT NULL                       -- facet.v1.TrainingJob
  );
  CREATE UNIQUE INDEX jobs_by_request_id ON jobs (request_id) WHERE request_id <> '';
  CREATE INDEX jobs_by_state ON jobs (state, seq);

  CREATE TABLE job_events (
    job TEXT NOT NULL,
    revision INTEGER NOT NULL,
    is_progress INTEGER NOT NULL,
    event BLOB NOT NULL,                    -- facet.v1.TrainingEvent
    PRIMARY KEY (job, revision)
  ) WITHOUT ROWID;

  -- The highest version ever given to a name: versions are never used again.
  CREATE TABLE version_counters (
    kind TEXT NOT NULL,                     -- 'model' or 'dataset'
    id TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;

  CREATE TABLE model_versions (
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    info BLOB NOT NULL,                     -- facet.v1.ModelVersion
    PRIMARY KEY (model, version)
  );
  CREATE UNIQUE INDEX models_by_request_id ON model_versions (request_id) WHERE request_id <> '';

  CREATE TABLE model_aliases (
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias)
  ) WITHOUT ROWID;

  CREATE TABLE dataset_versions (
    dataset TEXT NOT NULL,
    version INTEGER NOT NULL,
    info BLOB NOT NULL,                     -- facet.v1.Dataset
    PRIMARY KEY (dataset, version)
  );
)sql";

const std::string kAttempts = R"sql(
  CREATE TABLE job_attempts (
    job TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    record BLOB NOT NULL,                   -- facet.v1.TrainingAttempt
    PRIMARY KEY (job, attempt)
  ) WITHOUT ROWID;

  -- The highest revision of an event that is no longer kept. Until now the
  -- newest 100,000 events were kept.
  ALTER TABLE jobs ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0;
  UPDATE jobs SET compacted = max(0, revision - 100000);
)sql";

const std::string kUnfinishedVersions = R"sql(
  -- The highest version that had a row. Until now: the highest ever given.
  ALTER TABLE version_counters ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
  UPDATE version_counters SET kept = last;

  -- Versions whose folder is being made or removed: what is left of it when the
  -- server starts goes. A folder that is in no table is not ours.
  CREATE TABLE unfinished_versions (
    kind TEXT NOT NULL,                     -- as in version_counters
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, id, version)
  ) WITHOUT ROWID;
)sql";

const std::string kDeletedVersions = R"sql(
  -- Whether it is being removed. What is being made may be whole already.
  ALTER TABLE unfinished_versions ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
)sql";

const std::string kPublishRequests = R"sql(
  -- facet.v1.PublishModelRequest, where it has a request id. Of versions published
  -- until now it is not known.
  ALTER TABLE model_versions ADD COLUMN request BLOB NOT NULL DEFAULT x'';
)sql";

absl::StatusOr<int64_t> UserVersion(Database& database) {
  ASSIGN_OR_RETURN(Statement statement, database.Query("PRAGMA user_version"));
  RETURN_IF_ERROR(statement.Step().status());
  return statement.Int(0);
}

}  // namespace

absl::Span<const std::string> Migrations() {
  static const std::string* const migrations =
      new std::string[5]{kTables, kAttempts, kUnfinishedVersions, kDeletedVersions, kPublishRequests};
  return absl::MakeConstSpan(migrations, 5);
}

absl::Status Migrate(Database& database, absl::Span<const std::string> migrations) {
  ASSIGN_OR_RETURN(const int64_t seen, UserVersion(database));
  const auto known = static_cast<int64_t>(migrations.size());
  if (seen > known) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          "the state was written by a newer version of Facet (schema ", seen, ", this one knows ",
                          known, "). Start that version, or choose another state folder")),
                      "STORE_TOO_NEW");
  }
  for (int64_t i = seen; i < known; ++i) {
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
    RETURN_IF_ERROR(database.Execute(migrations[i]));
    RETURN_IF_ERROR(database.Execute(absl::StrCat("PRAGMA user_version = ", i + 1)));
    RETURN_IF_ERROR(transaction.Commit());
  }
  return absl::OkStatus();
}

}  // namespace facet::server
