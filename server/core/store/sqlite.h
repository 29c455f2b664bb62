// SPDX-License-Identifier: Apache-2.0
// A thin layer over SQLite's C interface: handles that close themselves, and
// statuses that people can act on.
#ifndef FACET_SERVER_CORE_STORE_SQLITE_H_
#define FACET_SERVER_CORE_STORE_SQLITE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace facet::server {

class Database;

// Bytes to be bound as a BLOB; a plain string is bound as TEXT.
struct Blob {
  absl::string_view bytes;
};

// A prepared statement with its values bound. Must not outlive its database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Goes to the next row; false at the end.
  absl::StatusOr<bool> Step();
  // Columns of the row, 0-based. Text and blobs come as bytes.
  int64_t Int(int column) const;
  std::string Bytes(int column) const;

 private:
  friend class Database;
  Statement(Database* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  absl::Status Bind(int index, int64_t value);
  absl::Status Bind(int index, absl::string_view text);
  absl::Status Bind(int index, Blob blob);

  Database* database_;
  sqlite3_stmt* statement_;
};

// One connection. Not thread-safe; calls block on the disk.
//
// Errors of every method: RESOURCE_EXHAUSTED (reason DISK_FULL),
// PERMISSION_DENIED (STORE_NOT_WRITABLE), DATA_LOSS (STORE_DAMAGED),
// UNAVAILABLE (STORE_BUSY: another process holds it), ALREADY_EXISTS for a
// broken uniqueness, INTERNAL for the rest: among them (STORE_IO_ERROR) a change
// of a file that is no longer in its place, which would be lost.
class Database {
 public:
  // Opens or makes the file, in WAL mode with full synchronisation: a commit
  // that has returned is on the disk.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs statements without values, separated by ';'.
  absl::Status Execute(const std::string& sql);

  // Prepares one statement and binds `args` to its '?' in order: integers,
  // strings, Blobs.
  template <typename... Args>
  absl::StatusOr<Statement> Query(absl::string_view sql, const Args&... args) {
    absl::StatusOr<Statement> statement = Prepare(sql);
    if (!statement.ok()) return statement;
    absl::Status bound;
    int index = 0;
    (bound.Update(statement->Bind(++index, args)), ...);
    if (!bound.ok()) return bound;
    return statement;
  }

  // The same, run to its end.
  template <typename... Args>
  absl::Status Run(absl::string_view sql, const Args&... args) {
    absl::StatusOr<Statement> statement = Query(sql, args...);
    if (!statement.ok()) return statement.status();
    return statement->Step().status();
  }

  // Rows that the last INSERT, UPDATE or DELETE touched.
  int64_t Changes() const;
  // Whether a transaction is open.
  bool InTransaction() const;

  // INTERNAL (STORE_IO_ERROR): the file is not where it was opened, for it was
  // removed, moved or replaced. Thread-safe.
  absl::Status CheckInPlace() const;

 private:
  friend class Statement;
  // SQLite itself never renames the file, nor replaces it.
  struct FileId {
    uint64_t device = 0;
    uint64_t inode = 0;
    bool operator==(const FileId& other) const { return device == other.device && inode == other.inode; }
  };

  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  // Of what is at the path now, if anything.
  std::optional<FileId> FileThere() const;
  absl::StatusOr<Statement> Prepare(absl::string_view sql);
  absl::Status Error(int code) const;

  sqlite3* handle_;
  std::string path_;
  std::optional<FileId> file_;  // as opened
};

// A write transaction; rolled back unless Commit() returned OK.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status Commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_SQLITE_H_
