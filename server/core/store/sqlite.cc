// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr int kBusyTimeoutMs = 5000;

bool IsDiskFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

absl::Status DiskFull(const std::string& path) {
  return WithReason(absl::ResourceExhaustedError(
                        absl::StrCat("the disk of '", path, "' is full; nothing was changed. Free some space")),
                    "DISK_FULL");
}

absl::Status NotWritable(const std::string& path, absl::string_view why) {
  return WithReason(absl::PermissionDeniedError(absl::StrCat("cannot write '", path, "' as user ", geteuid(), ": ", why,
                                                             ". Make the file and its folder writable for this user")),
                    "STORE_NOT_WRITABLE");
}

absl::Status Damaged(const std::string& path, absl::string_view why) {
  return WithReason(
      absl::DataLossError(absl::StrCat("the database '", path, "' is damaged: ", why, ". Put a backup in its place")),
      "STORE_DAMAGED");
}

absl::Status NotInPlace(const std::string& path) {
  return WithReason(absl::InternalError(
                        absl::StrCat("the database '", path,
                                     "' was removed, moved or replaced while the server runs; nothing that it is told "
                                     "would be kept. Stop it, put the state folder back, and start it again")),
                    "STORE_IO_ERROR");
}

absl::Status FromCode(int code, int system_error, const std::string& path, const std::string& text) {
  const std::string why = system_error == 0 ? text : std::generic_category().message(system_error);
  switch (code & 0xff) {  // the low byte is the primary code
    case SQLITE_FULL:
      return DiskFull(path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return NotWritable(path, text);
    case SQLITE_CANTOPEN:
      return IsDiskFull(system_error) ? DiskFull(path) : NotWritable(path, why);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Damaged(path, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return WithReason(absl::UnavailableError(absl::StrCat("another process holds '", path, "'")), "STORE_BUSY");
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(absl::StrCat("'", path, "': ", text));
    case SQLITE_IOERR:
      // The index of the log is made when the database is opened; SQLite does
      // not say why it could not grow.
      if (IsDiskFull(system_error) || code == SQLITE_IOERR_SHMSIZE) return DiskFull(path);
      return WithReason(absl::InternalError(absl::StrCat("the disk fails under '", path, "': ", why)),
                        "STORE_IO_ERROR");
    default:
      return WithReason(absl::InternalError(absl::StrCat("'", path, "': ", text)), "STORE_ERROR");
  }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() { sqlite3_finalize(statement_); }

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->Error(code);
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

absl::Status Statement::Bind(int index, int64_t value) {
  return database_->Error(sqlite3_bind_int64(statement_, index, value));
}

absl::Status Statement::Bind(int index, absl::string_view text) {
  // A null pointer would bind NULL instead of the empty string.
  const char* data = text.data() == nullptr ? "" : text.data();
  return database_->Error(sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

absl::Status Statement::Bind(int index, Blob blob) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  return database_->Error(sqlite3_bind_blob64(statement_, index, data, blob.bytes.size(), SQLITE_TRANSIENT));
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  // Even a failed open may leave a handle, which knows why.
  std::unique_ptr<Database> database(new Database(handle, path));
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for the database");
  RETURN_IF_ERROR(database->Error(code));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  RETURN_IF_ERROR(database->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
  database->file_ = database->FileThere();
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

absl::Status Database::Execute(const std::string& sql) {
  return Error(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

absl::StatusOr<Statement> Database::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  RETURN_IF_ERROR(Error(sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr)));
  Statement prepared(this, statement);
  if (sqlite3_stmt_readonly(statement) == 0) RETURN_IF_ERROR(CheckInPlace());
  return prepared;
}

absl::Status Database::Error(int code) const {
  if (code == SQLITE_OK) return absl::OkStatus();
  return FromCode(code, sqlite3_system_errno(handle_), path_, sqlite3_errmsg(handle_));
}

int64_t Database::Changes() const { return sqlite3_changes(handle_); }

bool Database::InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::optional<Database::FileId> Database::FileThere() const {
  struct stat info = {};
  if (stat(path_.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

absl::Status Database::CheckInPlace() const {
  // In memory, or with a name of SQLite's own, it has no place.
  if (!file_.has_value() || FileThere() == file_) return absl::OkStatus();
  return NotInPlace(path_);
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  // IMMEDIATE: a transaction that reads before it writes must not find later
  // that another process wrote in between.
  RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(&database);
}

Transaction::~Transaction() {
  if (database_ == nullptr || !database_->InTransaction()) return;
  database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(database_->CheckInPlace());
  RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace facet::server
