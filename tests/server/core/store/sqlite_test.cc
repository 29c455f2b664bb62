// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() : path_(folder_ / "test.db") {
    auto database = Database::Open(path_);
    EXPECT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    EXPECT_TRUE(database_->Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, bytes BLOB)").ok());
  }

  int64_t Count(Database& database) {
    auto statement = database.Query("SELECT count(*) FROM t");
    EXPECT_TRUE(statement.ok() && statement->Step().ok());
    return statement->Int(0);
  }

  TempFolder folder_;
  std::string path_;
  std::unique_ptr<Database> database_;
};

TEST_F(SqliteTest, CommitsAreSyncedInWalMode) {
  auto mode = database_->Query("PRAGMA journal_mode");
  ASSERT_TRUE(mode->Step().ok());
  EXPECT_EQ(mode->Bytes(0), "wal");
  auto synchronous = database_->Query("PRAGMA synchronous");
  ASSERT_TRUE(synchronous->Step().ok());
  EXPECT_EQ(synchronous->Int(0), 2);  // FULL
}

TEST_F(SqliteTest, ReturnsWhatWasBound) {
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(database_->Run("INSERT INTO t VALUES (?, ?, ?)", 7, "it's", Blob{bytes}).ok());
  auto row = database_->Query("SELECT id, text, bytes FROM t WHERE text = ?", "it's");
  ASSERT_TRUE(row.ok());
  ASSERT_EQ(row->Step().value(), true);
  EXPECT_EQ(row->Int(0), 7);
  EXPECT_EQ(row->Bytes(1), "it's");
  EXPECT_EQ(row->Bytes(2), bytes);
  EXPECT_EQ(row->Step().value(), false);
}

TEST_F(SqliteTest, AFileThatIsNoLongerInItsPlaceIsNotChanged) {
  ASSERT_TRUE(database_->Run("INSERT INTO t VALUES (1, '', '')").ok());
  const std::string aside = folder_ / "aside.db";
  auto open = Transaction::Begin(*database_);
  ASSERT_TRUE(open.ok() && database_->Run("INSERT INTO t VALUES (2, '', '')").ok());
  ASSERT_TRUE(FileSystem::Posix()->Rename(path_, aside).ok());
  EXPECT_EQ(GetErrorDetail(open->Commit()).reason, "STORE_IO_ERROR") << "gone in the middle";
  { const auto rolled_back = *std::move(open); }
  const absl::Status refused = database_->Run("INSERT INTO t VALUES (3, '', '')");
  EXPECT_EQ(refused.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(GetErrorDetail(refused).reason, "STORE_IO_ERROR");
  EXPECT_THAT(std::string(refused.message()), HasSubstr(path_));
  EXPECT_EQ(database_->CheckInPlace(), refused);
  EXPECT_EQ(Count(*database_), 1) << "reading goes on";
  std::ofstream(path_) << "another file";
  EXPECT_EQ(database_->CheckInPlace(), refused);
  ASSERT_TRUE(FileSystem::Posix()->Rename(aside, path_).ok());
  EXPECT_TRUE(database_->CheckInPlace().ok());
  EXPECT_TRUE(database_->Run("INSERT INTO t VALUES (3, '', '')").ok());
  EXPECT_EQ(Count(*database_), 2);
}

TEST_F(SqliteTest, EmptyStringIsNotNull) {
  ASSERT_TRUE(database_->Run("INSERT INTO t VALUES (1, ?, ?)", absl::string_view(), Blob{}).ok());
  auto row = database_->Query("SELECT text IS NULL, bytes IS NULL FROM t");
  ASSERT_TRUE(row->Step().value());
  EXPECT_EQ(row->Int(0), 0);
  EXPECT_EQ(row->Int(1), 0);
}

TEST_F(SqliteTest, TransactionWithoutCommitLeavesNothing) {
  {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database_->Run("INSERT INTO t (id) VALUES (1)").ok());
    EXPECT_EQ(Count(*database_), 1);
  }
  EXPECT_EQ(Count(*database_), 0);
  EXPECT_FALSE(database_->InTransaction());
}

TEST_F(SqliteTest, CommittedTransactionIsSeenByAnotherConnection) {
  auto transaction = Transaction::Begin(*database_);
  ASSERT_TRUE(database_->Run("INSERT INTO t (id) VALUES (1)").ok());
  auto other = Database::Open(path_);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(Count(**other), 0);
  ASSERT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(Count(**other), 1);
}

TEST_F(SqliteTest, BrokenUniquenessIsAlreadyExists) {
  ASSERT_TRUE(database_->Run("INSERT INTO t (id) VALUES (1)").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(database_->Run("INSERT INTO t (id) VALUES (1)")));
}

TEST_F(SqliteTest, FullDiskIsSaidAndLeavesTheDatabaseUsable) {
  ASSERT_TRUE(database_->Execute("PRAGMA max_page_count = 5").ok());
  const std::string bytes(100'000, 'x');
  const absl::Status status = database_->Run("INSERT INTO t (id, bytes) VALUES (1, ?)", Blob{bytes});
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "DISK_FULL");
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_EQ(Count(*database_), 0);
  EXPECT_TRUE(database_->Run("INSERT INTO t (id) VALUES (1)").ok());
}

TEST_F(SqliteTest, FullDiskInATransactionRollsItBack) {
  ASSERT_TRUE(database_->Execute("PRAGMA max_page_count = 5").ok());
  {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(database_->Run("INSERT INTO t (id) VALUES (1)").ok());
    EXPECT_FALSE(database_->Run("INSERT INTO t (id, bytes) VALUES (2, ?)", Blob{std::string(100'000, 'x')}).ok());
  }
  EXPECT_EQ(Count(*database_), 0);
  EXPECT_FALSE(database_->InTransaction());
}

TEST_F(SqliteTest, FileThatIsNoDatabaseIsDataLoss) {
  const std::string path = folder_ / "not.db";
  std::ofstream(path) << std::string(4096, 'n');
  const absl::Status status = Database::Open(path).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "STORE_DAMAGED");
}

TEST_F(SqliteTest, FolderInPlaceOfTheFileIsPermissionDenied) {
  const absl::Status status = Database::Open(folder_.path()).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST_F(SqliteTest, BrokenSqlIsInternal) { EXPECT_TRUE(absl::IsInternal(database_->Run("SELEKT 1"))); }

}  // namespace
}  // namespace facet::server
