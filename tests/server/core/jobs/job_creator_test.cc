// SPDX-License-Identifier: Apache-2.0
// What job_submit_test.cc cannot see: ids that are drawn twice, a disk that fails
// or is slow, and starting points that go, while a job is made.
#include "server/core/jobs/job_creator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/thread.h"
#include "model/train/checkpoint_store.h"
#include "tests/base/faulty_file_system.h"
#include "tests/server/core/jobs/job_harness.h"
#include "tests/server/core/jobs/start_checkpoint.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class JobCreatorTest : public testing::Test {
 protected:
  JobCreatorTest() {
    EXPECT_TRUE(FileSystem::Posix()->CreateDirs(root_).ok());
    ledger_ = *JobLedger::Create({store_.get(), Clock::Real(), metrics_.get(), 64, [](const std::string&) {}});
    JobCreatorOptions options;
    options.root = root_;
    options.preset_dir = PresetDir();
    options.on_created = [this](const v1::TrainingJob& job) { created_.push_back(job.name()); };
    options.random_id = [this] {
      if (draws_.empty()) return RandomHexId();
      std::string drawn = draws_.back();
      draws_.pop_back();
      return drawn;
    };
    options.file_system = &disk_;
    options.store = store_.get();
    options.datasets = &datasets_;
    options.ledger = ledger_.get();
    options.ids = &ids_;
    creator_ = std::make_unique<JobCreator>(std::move(options));
  }

  static v1::CreateTrainingJobRequest MakeRequest(const std::string& id, const std::string& start = "") {
    v1::CreateTrainingJobRequest request;
    request.set_training_job_id(id);
    *request.mutable_spec() = SpecFor("finish");
    if (!start.empty()) {
      request.mutable_spec()->mutable_start()->set_training_job(start);
      request.mutable_spec()->mutable_overrides()->set_steps(1000);
    }
    return request;
  }
  // Of that job; an earlier one goes.
  void WriteCheckpoint(const std::string& id, int step) {
    const std::string folder = absl::StrCat(root_, "/", id, "/checkpoints");
    SaveStartCheckpoint(datasets_, model::CheckpointStore(FileSystem::Posix(), folder, 1), step);
  }
  // Calls `once` when the first file of a copied starting point is begun.
  void WhileTheStartIsCopied(std::function<void()> once) {
    disk_.OnCreate([once = std::move(once), called = false](const std::string& path) mutable {
      if (absl::StrContains(path, "/start.tmp-") && !std::exchange(called, true)) once();
    });
  }
  std::vector<std::string> Folders() { return *FileSystem::Posix()->List(root_); }

  TempStore store_;
  const std::string root_ = store_.folder() / "jobs";
  FaultyFileSystem disk_{FileSystem::Posix()};
  FakeDatasets datasets_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  IdLocks ids_;
  std::unique_ptr<JobLedger> ledger_;
  std::vector<std::string> draws_;  // from the back
  std::vector<std::string> created_;
  std::unique_ptr<JobCreator> creator_;
};

TEST_F(JobCreatorTest, AnIdThatIsTakenIsDrawnAgain) {
  draws_ = {"cccccccc", "bbbbbbbb", "aaaaaaaa", "aaaaaaaa"};
  ASSERT_TRUE(creator_->Create(MakeRequest("")).ok());
  WriteCheckpoint("digits-aaaaaaaa", 10);
  // Of another database.
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(root_ + "/digits-bbbbbbbb").ok());
  const auto second = creator_->Create(MakeRequest(""));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->name(), "trainingJobs/digits-cccccccc");
  EXPECT_TRUE(FileSystem::Posix()->Exists(root_ + "/digits-aaaaaaaa/checkpoints/000000010"));
  EXPECT_THAT(Folders(), ElementsAre("digits-aaaaaaaa", "digits-bbbbbbbb", "digits-cccccccc"));
}

TEST_F(JobCreatorTest, OthersAreMadeWhileAStartingPointIsCopied) {
  ASSERT_TRUE(creator_->Create(MakeRequest("a")).ok());
  WriteCheckpoint("a", 10);
  absl::Notification made;
  std::unique_ptr<Thread> other;
  WhileTheStartIsCopied([&] {
    other = std::make_unique<Thread>("other", [&] {
      EXPECT_TRUE(creator_->Create(MakeRequest("quick")).ok());
      made.Notify();
    });
    EXPECT_TRUE(made.WaitForNotificationWithTimeout(absl::Seconds(20))) << "it waits for the copy";
  });
  EXPECT_TRUE(creator_->Create(MakeRequest("slow", "a")).ok());
  ASSERT_NE(other, nullptr);
  other.reset();
  EXPECT_THAT(created_, ElementsAre("trainingJobs/a", "trainingJobs/quick", "trainingJobs/slow"));
  EXPECT_THAT(Folders(), ElementsAre("a", "quick", "slow"));
}

TEST_F(JobCreatorTest, TheSameJobMadeMeanwhileIsReturned) {
  ASSERT_TRUE(creator_->Create(MakeRequest("a")).ok());
  WriteCheckpoint("a", 10);
  const auto request = MakeRequest("b", "a");
  WhileTheStartIsCopied([&] { EXPECT_TRUE(creator_->Create(request).ok()); });
  const auto again = creator_->Create(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), "trainingJobs/b");
  EXPECT_THAT(created_, ElementsAre("trainingJobs/a", "trainingJobs/b"));
  EXPECT_THAT(Folders(), ElementsAre("a", "b"));
}

TEST_F(JobCreatorTest, AStartingPointDeletedWhileItIsCopiedIsNotFound) {
  ASSERT_TRUE(creator_->Create(MakeRequest("a")).ok());
  WriteCheckpoint("a", 10);
  WhileTheStartIsCopied([&] {
    ASSERT_TRUE(store_->DeleteJob("trainingJobs/a").ok());
    ASSERT_TRUE(FileSystem::Posix()->RemoveAll(root_ + "/a").ok());
  });
  const absl::Status status = creator_->Create(MakeRequest("b", "a")).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).resource->name, "trainingJobs/a");
  EXPECT_THAT(Folders(), IsEmpty());
}

TEST_F(JobCreatorTest, ACheckpointReplacedWhileItIsCopiedIsCopiedInItsPlace) {
  ASSERT_TRUE(creator_->Create(MakeRequest("a")).ok());
  WriteCheckpoint("a", 10);
  WhileTheStartIsCopied([&] { WriteCheckpoint("a", 20); });
  ASSERT_TRUE(creator_->Create(MakeRequest("b", "a")).ok());
  internal::TrainerSpec spec;
  ASSERT_TRUE(spec.ParseFromString(*FileSystem::Posix()->ReadFile(root_ + "/b/spec.binpb")));
  EXPECT_THAT(spec.start().lineage(), ElementsAre("trainingJobs/a@20"));
  EXPECT_EQ(model::ReadCheckpoint(*FileSystem::Posix(), root_ + "/b/start")->step, 20);
}

TEST_F(JobCreatorTest, WhateverFailsLeavesNothing) {
  ASSERT_TRUE(creator_->Create(MakeRequest("a")).ok());
  WriteCheckpoint("a", 10);
  disk_.FailAt(0, absl::OkStatus());
  ASSERT_TRUE(creator_->Create(MakeRequest("b", "a")).ok());
  const int calls = disk_.calls();
  ASSERT_GT(calls, 15);
  int refused = 0;
  for (int n = 1; n <= calls; ++n) {
    disk_.FailAt(n, FaultyFileSystem::DiskFull());
    const auto job = creator_->Create(MakeRequest("c", "a"));
    if (job.ok()) {  // it can do without that call
      ASSERT_TRUE(store_->DeleteJob("trainingJobs/c").ok());
      ASSERT_TRUE(FileSystem::Posix()->RemoveAll(root_ + "/c").ok());
      continue;
    }
    ++refused;
    EXPECT_TRUE(absl::IsNotFound(store_->GetJob("trainingJobs/c").status())) << n;
    ASSERT_THAT(Folders(), ElementsAre("a", "b")) << n;
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace facet::server
