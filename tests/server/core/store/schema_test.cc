// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() : database_(Database::Open(folder_ / "test.db").value()) {}

  int64_t Number(const std::string& sql) {
    auto statement = database_->Query(sql);
    if (!statement.ok() || !statement->Step().ok()) return -1;
    return statement->Int(0);
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(SchemaTest, MakesTodaysTables) {
  ASSERT_TRUE(Migrate(*database_, Migrations()).ok());
  EXPECT_EQ(Number("SELECT count(*) FROM jobs"), 0);
  EXPECT_EQ(Number("PRAGMA user_version"), static_cast<int64_t>(Migrations().size()));
}

TEST_F(SchemaTest, IsIdempotent) {
  ASSERT_TRUE(Migrate(*database_, Migrations()).ok());
  EXPECT_TRUE(Migrate(*database_, Migrations()).ok());
}

TEST_F(SchemaTest, AppliesOnlyNewStepsAndKeepsRows) {
  const std::vector<std::string> steps = {"CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (5)",
                                          "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 6"};
  ASSERT_TRUE(Migrate(*database_, absl::MakeConstSpan(steps).first(1)).ok());
  ASSERT_TRUE(Migrate(*database_, steps).ok());
  EXPECT_EQ(Number("SELECT a FROM t"), 5);
  EXPECT_EQ(Number("SELECT b FROM t"), 6);
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 1);
}

TEST_F(SchemaTest, FailedStepLeavesTheStateBeforeIt) {
  const std::vector<std::string> steps = {"CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1); NONSENSE"};
  EXPECT_FALSE(Migrate(*database_, steps).ok());
  EXPECT_EQ(Number("PRAGMA user_version"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 0);
}

// state_v1.sql was written by the first release.
TEST_F(SchemaTest, StateOfTheFirstReleaseIsOpenedWithNothingLost) {
  auto sql =
      FileSystem::Posix()->ReadFile(absl::StrCat(FACET_TEST_SOURCE_DIR, "/tests/server/core/store/state_v1.sql"));
  ASSERT_TRUE(sql.ok());
  const std::string path = folder_ / "facet.db";
  ASSERT_TRUE(Database::Open(path).value()->Execute(*sql).ok());
  auto store = Store::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto jobs = (*store)->ListJobs({}, {});
  ASSERT_EQ(jobs->items.size(), 3u);
  EXPECT_EQ(jobs->items[2].name(), "trainingJobs/done");
  EXPECT_EQ((*store)->FindJobByRequestId("request-going")->value().job.state(), v1::TRAINING_JOB_STATE_RUNNING);
  EXPECT_EQ((*store)->ListEvents("trainingJobs/done", 0, 10)->at(1).progress().step(), 40);
  EXPECT_EQ((*store)->CompactedRevision("trainingJobs/done").value(), 0);
  EXPECT_EQ((*store)->CompactedRevision("trainingJobs/long").value(), 500);
  EXPECT_TRUE((*store)->ListAttempts("trainingJobs/done", 10)->empty());
}

TEST_F(SchemaTest, VersionsPublishedBeforeRequestsWereKeptAreFoundWithoutThem) {
  const std::string path = folder_ / "facet.db";
  {
    const auto before = Database::Open(path).value();
    ASSERT_TRUE(Migrate(*before, Migrations().first(4)).ok());
    ASSERT_TRUE(before->Execute("INSERT INTO model_versions VALUES ('m', 1, 'request', x'')").ok());
  }
  auto store = Store::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto record = (*store)->FindModelByRequestId("request");
  ASSERT_TRUE(record.ok() && record->has_value()) << record.status();
  EXPECT_FALSE((*record)->request.has_value());
}

TEST_F(SchemaTest, RefusesTheStateOfANewerVersion) {
  ASSERT_TRUE(database_->Execute("PRAGMA user_version = 99").ok());
  const absl::Status status = Migrate(*database_, Migrations());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "STORE_TOO_NEW");
}

}  // namespace
}  // namespace facet::server
