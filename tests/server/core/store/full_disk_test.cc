// SPDX-License-Identifier: Apache-2.0
// The store on a full disk: what makes room goes on, by the reserve.
#include "tests/server/core/store/full_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "server/core/store/disk_reserve.h"
#include "server/core/store/schema.h"
#include "server/core/store/sqlite.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

constexpr char kJob[] = "trainingJobs/a";

class FullDiskTest : public testing::Test {
 protected:
  FullDiskTest() : disk_(store_.folder().path()) {
    store_.Reopen();  // what was opened before the disk does not notice
    v1::TrainingJob job;
    job.set_name(kJob);
    job.set_state(v1::TRAINING_JOB_STATE_RUNNING);
    EXPECT_TRUE(store_->InsertJob({job, ""}, {}).ok());
  }

  absl::Status Move(v1::TrainingJobState state) {
    v1::TrainingJob job = store_->GetJob(kJob)->job;
    job.set_state(state);
    return store_->UpdateJob(job, {}).status();
  }
  absl::Status AddProgress() {
    v1::TrainingEvent event;
    event.mutable_progress()->set_phase(std::string(5000, 'p'));
    return store_->UpdateJob(store_->GetJob(kJob)->job, event).status();
  }
  int64_t ReserveSize() {
    return static_cast<int64_t>(FileSystem::Posix()->Size(store_.folder() / "facet.db.reserve").value());
  }

  TempStore store_;
  FullDisk disk_;
};

TEST_F(FullDiskTest, ProgressAndNewJobsFindNoRoomAndLeaveTheReserve) {
  disk_.Fill();
  EXPECT_EQ(GetErrorDetail(AddProgress()).reason, "DISK_FULL");
  EXPECT_EQ(GetErrorDetail(Move(v1::TRAINING_JOB_STATE_QUEUED)).reason, "DISK_FULL");
  v1::TrainingJob job;
  job.set_name("trainingJobs/b");
  EXPECT_EQ(GetErrorDetail(store_->InsertJob({job, ""}, {})).reason, "DISK_FULL");
  EXPECT_EQ(ReserveSize(), DiskReserve::kBytes);
  disk_.MakeRoom();
  EXPECT_TRUE(AddProgress().ok());
}

TEST_F(FullDiskTest, JobsStopEndAndGo) {
  for (const auto state : {v1::TRAINING_JOB_STATE_PAUSING, v1::TRAINING_JOB_STATE_PAUSED,
                           v1::TRAINING_JOB_STATE_CANCELLING, v1::TRAINING_JOB_STATE_CANCELLED}) {
    disk_.Fill();
    const absl::Status moved = Move(state);
    EXPECT_TRUE(moved.ok()) << state << ": " << moved;
  }
  disk_.Fill();
  EXPECT_TRUE(store_->DeleteJob(kJob).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->GetJob(kJob).status()));
  EXPECT_EQ(ReserveSize(), DiskReserve::kBytes) << "it is whole again";
}

// More events than fit into the reserve.
TEST_F(FullDiskTest, ALongJobGoes) {
  {
    const auto database = Database::Open(store_.folder() / "facet.db").value();
    ASSERT_TRUE(database
                    ->Execute("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
                              "INSERT INTO job_events SELECT 'trainingJobs/a', i, 1, randomblob(900) FROM n;"
                              "PRAGMA wal_checkpoint(TRUNCATE)")
                    .ok());
  }
  disk_.Fill();
  const absl::Status deleted = store_->DeleteJob(kJob);
  EXPECT_TRUE(deleted.ok()) << deleted;
  EXPECT_TRUE(absl::IsNotFound(store_->GetJob(kJob).status()));
}

TEST_F(FullDiskTest, VersionsAreDeleted) {
  ASSERT_TRUE(store_->InsertDataset("d", store_->ReserveDatasetVersion("d").value(), {}).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(store_->InsertModelVersion("m", store_->ReserveModelVersion("m").value(), {}, {}).ok());
  }
  disk_.Fill();
  EXPECT_TRUE(store_->DeleteDataset("d", 1).ok());
  disk_.Fill();
  EXPECT_TRUE(store_->FinishVersion(VersionKind::kDataset, "d", 1).ok());
  disk_.Fill();
  EXPECT_TRUE(store_->DeleteModelVersion("m", 2).ok());
  disk_.Fill();
  EXPECT_TRUE(store_->DeleteModel("m").ok());
}

TEST_F(FullDiskTest, AStateOfAnOlderVersionIsOpened) {
  const TempFolder old;
  FullDisk disk(old.path());
  {
    const auto database = Database::Open(old / "facet.db").value();
    ASSERT_TRUE(Migrate(*database, Migrations().subspan(0, 1)).ok());
    DiskReserve(old / "facet.db.reserve").Fill();
  }
  disk.Fill();
  const auto store = Store::Open(old / "facet.db");
  EXPECT_TRUE(store.ok()) << store.status();
}

}  // namespace
}  // namespace facet::server
