// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/thread.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

v1::TrainingJob MakeJob(const std::string& id) {
  v1::TrainingJob job;
  job.set_name(absl::StrCat("trainingJobs/", id));
  job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
  return job;
}

TEST(StoreTest, ReleasedVersionsAreGivenAgainUnlessKeptOrPassed) {
  TempStore store;
  ASSERT_EQ(store->ReserveDatasetVersion("d").value(), 1);
  ASSERT_TRUE(store->ReleaseVersion(VersionKind::kDataset, "d", 1).ok());
  EXPECT_TRUE(store->ListUnfinishedVersions(VersionKind::kDataset)->empty());
  ASSERT_EQ(store->ReserveDatasetVersion("d").value(), 1);
  ASSERT_EQ(store->ReserveDatasetVersion("d").value(), 2);
  ASSERT_TRUE(store->ReleaseVersion(VersionKind::kDataset, "d", 1).ok()) << "passed: a gap";
  ASSERT_TRUE(store->InsertDataset("d", 2, {}).ok());
  ASSERT_TRUE(store->DeleteDataset("d", 2).ok());
  ASSERT_TRUE(store->ReleaseVersion(VersionKind::kDataset, "d", 2).ok());
  EXPECT_EQ(store->ReserveDatasetVersion("d").value(), 3) << "2 was kept once";
  ASSERT_EQ(store->ReserveModelVersion("d").value(), 1);
  ASSERT_TRUE(store->ReleaseVersion(VersionKind::kDataset, "d", 3).ok());
  EXPECT_EQ(store->ReserveModelVersion("d").value(), 2) << "of another kind";
}

TEST(StoreTest, AcknowledgesNothingOnceItsFolderIsRemoved) {
  TempStore store;
  ASSERT_TRUE(store->InsertModelVersion("m", store->ReserveModelVersion("m").value(), {}, {}).ok());
  EXPECT_TRUE(store->CheckInPlace().ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveAll(store.folder().path()).ok());
  const absl::Status gone = store->CheckInPlace();
  EXPECT_EQ(GetErrorDetail(gone).reason, "STORE_IO_ERROR");
  EXPECT_EQ(store->SetAlias("m", "stable", 1), gone);
  EXPECT_EQ(store->InsertJob({MakeJob("a"), "r"}, v1::TrainingEvent()), gone);
  EXPECT_EQ(store->ReserveDatasetVersion("d").status(), gone);
  EXPECT_EQ(store->DeleteModelVersion("m", 1), gone);
  EXPECT_TRUE(store->GetModelVersion("m", 1).ok()) << "what is known can be read";
}

TEST(StoreTest, KeepsEverythingAcrossARestart) {
  TempStore store;
  ASSERT_TRUE(store->InsertJob({MakeJob("a"), "r"}, v1::TrainingEvent()).ok());
  ASSERT_TRUE(store->InsertModelVersion("m", store->ReserveModelVersion("m").value(), {}, {}).ok());
  ASSERT_TRUE(store->SetAlias("m", "latest", 1).ok());
  ASSERT_TRUE(store->InsertDataset("d", store->ReserveDatasetVersion("d").value(), {}).ok());
  store.Reopen();
  EXPECT_TRUE(store->GetJob("trainingJobs/a").ok());
  EXPECT_EQ(store->ListEvents("trainingJobs/a", 0, 10)->size(), 1u);
  EXPECT_EQ(store->ResolveAlias("m", "latest").value(), 1);
  EXPECT_EQ(store->ReserveModelVersion("m").value(), 2);
  EXPECT_TRUE(store->GetDataset("d", 1).ok());
}

TEST(StoreTest, KnowsWhichVersionsAreUnfinished) {
  TempStore store;
  const auto unfinished = [&] {
    std::vector<std::string> versions;
    const auto found = store->ListUnfinishedVersions(VersionKind::kModel).value();
    for (const VersionRef& each : found) {
      versions.push_back(absl::StrCat(each.id, "@", each.version));
    }
    return versions;
  };
  ASSERT_EQ(store->ReserveModelVersion("m").value(), 1);
  ASSERT_EQ(store->ReserveDatasetVersion("d").value(), 1);
  store.Reopen();
  EXPECT_THAT(unfinished(), testing::ElementsAre("m@1"));
  EXPECT_EQ(store->LastModelVersion("m").value(), 0) << "none was kept";
  ASSERT_TRUE(store->InsertModelVersion("m", 1, {}, {}).ok());
  EXPECT_THAT(unfinished(), testing::IsEmpty());
  ASSERT_TRUE(store->DeleteModelVersion("m", 1).ok());
  EXPECT_THAT(unfinished(), testing::ElementsAre("m@1"));
  ASSERT_TRUE(store->FinishVersion(VersionKind::kModel, "m", 1).ok());
  EXPECT_THAT(unfinished(), testing::IsEmpty());
  EXPECT_EQ(store->LastModelVersion("m").value(), 1) << "there was one";
  EXPECT_EQ(store->ReserveModelVersion("m", 7).value(), 8);
  EXPECT_EQ(store->ReserveModelVersion("m", 3).value(), 9);
}

TEST(StoreTest, MakesItsFolder) {
  TempFolder folder;
  EXPECT_TRUE(Store::Open(folder / "deep/down/facet.db").ok());
}

TEST(StoreTest, SecondServerOnOneStateFolderIsRefused) {
  TempStore store;
  const absl::Status second = Store::Open(store.folder() / "facet.db").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_EQ(GetErrorDetail(second).reason, "STATE_IN_USE");
}

TEST(StoreTest, AcknowledgedWriteOutlivesAKilledProcess) {
  TempFolder folder;
  int acknowledged[2];
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = Store::Open(folder / "facet.db");
    for (int i = 0; store.ok() && (*store)->InsertJob({MakeJob(absl::StrCat("j", i)), ""}, {}).ok(); ++i) {
      [[maybe_unused]] ssize_t written = write(acknowledged[1], &i, sizeof(i));
    }
    _exit(1);
  }
  close(acknowledged[1]);
  int last = -1;
  for (int n = 0; n < 20; ++n) ASSERT_EQ(read(acknowledged[0], &last, sizeof(last)), ssize_t{sizeof(last)});
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(acknowledged[0], &last, sizeof(last)) == ssize_t{sizeof(last)}) {
  }
  close(acknowledged[0]);
  auto store = Store::Open(folder / "facet.db");
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i <= last; ++i) {
    EXPECT_TRUE((*store)->GetJob(absl::StrCat("trainingJobs/j", i)).ok()) << i;
    EXPECT_EQ((*store)->ListEvents(absl::StrCat("trainingJobs/j", i), 0, 10)->size(), 1u) << i;
  }
}

TEST(StoreTest, ThreadsGetDifferentVersions) {
  TempStore store;
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  std::vector<std::vector<int64_t>> versions(kThreads);
  {
    std::vector<Thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back("reserve", [&store, &mine = versions[t]] {
        for (int i = 0; i < kEach; ++i) mine.push_back(store->ReserveModelVersion("m").value());
      });
    }
  }
  std::set<int64_t> distinct;
  for (const auto& mine : versions) distinct.insert(mine.begin(), mine.end());
  EXPECT_EQ(distinct.size(), size_t{kThreads * kEach});
}

TEST(StoreTest, DamagedFileIsDataLoss) {
  TempFolder folder;
  std::ofstream(folder / "facet.db") << std::string(8192, 'x');
  EXPECT_TRUE(absl::IsDataLoss(Store::Open(folder / "facet.db").status()));
}

TEST(StoreTest, FileInPlaceOfTheFolderIsSaid) {
  TempFolder folder;
  std::ofstream(folder / "state") << "a file";
  const absl::Status status = Store::Open(folder / "state/facet.db").status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder / "state"));
}

// Root may write everywhere, so that a run as root becomes someone else first.
TEST(StoreTest, ReadOnlyFolderIsPermissionDenied) {
  TempFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  const uid_t user = geteuid();
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(user == 0 ? seteuid(kNobody) : 0, 0);
  const absl::Status status = Store::Open(folder / "facet.db").status();
  ASSERT_EQ(user == 0 ? seteuid(user) : 0, 0);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "STORE_NOT_WRITABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.path()));
  chmod(folder.path().c_str(), 0755);
}

}  // namespace
}  // namespace facet::server
