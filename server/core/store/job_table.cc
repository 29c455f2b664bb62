// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/job_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "server/core/store/row.h"

namespace facet::server {
namespace {

constexpr absl::string_view kCollection = "trainingJobs/";

absl::Status JobExists(const std::string& name) {
  return WithReason(absl::AlreadyExistsError(absl::StrCat("there is a training job '", name, "' already")),
                    "JOB_EXISTS");
}

absl::StatusOr<JobRecord> ReadRecord(const Statement& statement) {
  JobRecord record;
  ASSIGN_OR_RETURN(record.job, ReadColumn<v1::TrainingJob>(statement, 0));
  record.request_id = statement.Bytes(1);
  return record;
}

// " AND state IN (1, 2)", or nothing.
std::string StateFilter(const std::vector<v1::TrainingJobState>& states) {
  if (states.empty()) return "";
  return absl::StrCat(" AND state IN (",
                      absl::StrJoin(states, ", ", [](std::string* out, int state) { absl::StrAppend(out, state); }),
                      ")");
}

}  // namespace

absl::Status JobTable::Insert(const JobRecord& record, v1::TrainingEvent event) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(const bool taken, Exists(record.job.name()));
  if (taken) return JobExists(record.job.name());
  v1::TrainingJob job = record.job;
  job.set_revision(1);
  RETURN_IF_ERROR(database_.Run("INSERT INTO jobs (name, state, revision, request_id, job) VALUES (?, ?, ?, ?, ?)",
                                job.name(), job.state(), job.revision(), record.request_id,
                                Blob{job.SerializeAsString()}));
  RETURN_IF_ERROR(AppendEvent(job.name(), std::move(event), job.revision()));
  return transaction.Commit();
}

absl::StatusOr<JobRecord> JobTable::Get(const std::string& name) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT job, request_id FROM jobs WHERE name = ?", name));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(name);
  return ReadRecord(statement);
}

absl::StatusOr<std::optional<JobRecord>> JobTable::FindByRequestId(const std::string& request_id) {
  ASSIGN_OR_RETURN(
      Statement statement,
      database_.Query("SELECT job, request_id FROM jobs WHERE request_id = ? AND request_id <> ''", request_id));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::nullopt;
  ASSIGN_OR_RETURN(JobRecord record, ReadRecord(statement));
  return record;
}

absl::StatusOr<Page<v1::TrainingJob>> JobTable::List(const std::vector<v1::TrainingJobState>& states,
                                                     const PageRequest& page) {
  int64_t before = INT64_MAX;
  if (!page.after.empty() && (!absl::SimpleAtoi(page.after, &before) || before < 1)) return BadPageToken();
  ASSIGN_OR_RETURN(Statement statement, database_.Query(absl::StrCat("SELECT job, seq FROM jobs WHERE seq < ?",
                                                                     StateFilter(states), " ORDER BY seq DESC LIMIT ?"),
                                                        before, page.limit + 1));
  Page<v1::TrainingJob> result;
  int64_t last = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return result;
    if (static_cast<int>(result.items.size()) == page.limit) break;
    ASSIGN_OR_RETURN(v1::TrainingJob job, ReadColumn<v1::TrainingJob>(statement, 0));
    result.items.push_back(std::move(job));
    last = statement.Int(1);
  }
  result.next = absl::StrCat(last);
  return result;
}

absl::StatusOr<std::map<v1::TrainingJobState, int>> JobTable::Count() {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT state, count(*) FROM jobs GROUP BY state"));
  std::map<v1::TrainingJobState, int> counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return counts;
    counts[static_cast<v1::TrainingJobState>(statement.Int(0))] = static_cast<int>(statement.Int(1));
  }
}

absl::StatusOr<int64_t> JobTable::Update(v1::TrainingJob job, v1::TrainingEvent event) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(const int64_t revision, Revision(job.name()));
  job.set_revision(revision + 1);
  RETURN_IF_ERROR(Replace(job));
  RETURN_IF_ERROR(AppendEvent(job.name(), std::move(event), job.revision()));
  RETURN_IF_ERROR(transaction.Commit());
  return job.revision();
}

absl::Status JobTable::Put(v1::TrainingJob job) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  ASSIGN_OR_RETURN(const int64_t revision, Revision(job.name()));
  job.set_revision(revision);
  RETURN_IF_ERROR(Replace(std::move(job)));
  return transaction.Commit();
}

absl::Status JobTable::Delete(const std::string& name) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  RETURN_IF_ERROR(database_.Run("DELETE FROM jobs WHERE name = ?", name));
  if (database_.Changes() == 0) return NotFound(name);
  RETURN_IF_ERROR(database_.Run("DELETE FROM job_events WHERE job = ?", name));
  RETURN_IF_ERROR(database_.Run("DELETE FROM job_attempts WHERE job = ?", name));
  return transaction.Commit();
}

absl::StatusOr<bool> JobTable::TrimProgress(const std::string& name, int limit) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
  {
    ASSIGN_OR_RETURN(Statement last, database_.Query("SELECT max(revision) FROM (SELECT revision FROM job_events "
                                                     "WHERE job = ? AND is_progress = 1 ORDER BY revision LIMIT ?)",
                                                     name, limit));
    RETURN_IF_ERROR(last.Step().status());
    if (last.Int(0) == 0) return false;
    RETURN_IF_ERROR(Compact(name, last.Int(0)));
  }
  RETURN_IF_ERROR(transaction.Commit());
  return true;
}

absl::StatusOr<std::vector<v1::TrainingEvent>> JobTable::ListEvents(const std::string& job, int64_t after_revision,
                                                                    int limit) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT event FROM job_events WHERE job = ? AND revision > ? "
                                                        "ORDER BY revision LIMIT ?",
                                                        job, after_revision, limit));
  std::vector<v1::TrainingEvent> events;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return events;
    ASSIGN_OR_RETURN(v1::TrainingEvent event, ReadColumn<v1::TrainingEvent>(statement, 0));
    events.push_back(std::move(event));
  }
}

absl::StatusOr<int64_t> JobTable::CompactedRevision(const std::string& job) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT compacted FROM jobs WHERE name = ?", job));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(job);
  return statement.Int(0);
}

absl::StatusOr<std::vector<v1::TrainingAttempt>> JobTable::ListAttempts(const std::string& job, int limit) {
  ASSIGN_OR_RETURN(
      Statement statement,
      database_.Query("SELECT record FROM job_attempts WHERE job = ? ORDER BY attempt DESC LIMIT ?", job, limit));
  std::vector<v1::TrainingAttempt> attempts;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) break;
    ASSIGN_OR_RETURN(v1::TrainingAttempt attempt, ReadColumn<v1::TrainingAttempt>(statement, 0));
    attempts.push_back(std::move(attempt));
  }
  std::reverse(attempts.begin(), attempts.end());
  return attempts;
}

absl::StatusOr<bool> JobTable::Exists(const std::string& name) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT 1 FROM jobs WHERE name = ?", name));
  return statement.Step();
}

absl::StatusOr<int64_t> JobTable::Revision(const std::string& name) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT revision FROM jobs WHERE name = ?", name));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return NotFound(name);
  return statement.Int(0);
}

absl::Status JobTable::Replace(v1::TrainingJob job) {
  for (const v1::TrainingAttempt& attempt : job.attempts()) {
    RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO job_attempts (job, attempt, record) VALUES (?, ?, ?)",
                                  job.name(), attempt.attempt(), Blob{attempt.SerializeAsString()}));
  }
  job.clear_attempts();
  return database_.Run("UPDATE jobs SET state = ?, revision = ?, job = ? WHERE name = ?", job.state(), job.revision(),
                       Blob{job.SerializeAsString()}, job.name());
}

absl::Status JobTable::AppendEvent(const std::string& job, v1::TrainingEvent event, int64_t revision) {
  event.set_revision(revision);
  RETURN_IF_ERROR(database_.Run("INSERT INTO job_events (job, revision, is_progress, event) VALUES (?, ?, ?, ?)", job,
                                revision, event.has_progress() && event.progress().points().empty() ? 1 : 0,
                                Blob{event.SerializeAsString()}));
  return Compact(job, revision - options_.max_progress_events);
}

absl::Status JobTable::Compact(const std::string& job, int64_t revision) {
  if (revision <= 0) return absl::OkStatus();
  // Beyond the bound there is at most one more at a time, unless the bound was
  // just lowered; what else is there are the few that stay.
  RETURN_IF_ERROR(
      database_.Run("DELETE FROM job_events WHERE job = ? AND revision <= ? AND is_progress = 1", job, revision));
  if (database_.Changes() == 0) return absl::OkStatus();
  return database_.Run("UPDATE jobs SET compacted = max(compacted, ?) WHERE name = ?", revision, job);
}

absl::Status JobTable::NotFound(const std::string& name) {
  ASSIGN_OR_RETURN(Statement statement, database_.Query("SELECT substr(name, ?) FROM jobs ORDER BY seq DESC LIMIT 200",
                                                        static_cast<int64_t>(kCollection.size()) + 1));
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, ReadStrings(std::move(statement)));
  const absl::string_view id = absl::StripPrefix(name, kCollection);
  return ResourceNotFound("facet.v1.TrainingJob", name,
                          absl::StrCat("there is no training job '", id, "'. ", SuggestNames(id, ids)));
}

}  // namespace facet::server
