// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/open_datasets.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::server {
namespace {

using Handle = OpenDatasets::Handle;

class OpenDatasetsTest : public testing::Test {
 protected:
  OpenDatasetsTest() {
    const auto schema = model::FeatureSchema::Create({{"digit", {"0", "1"}}}).value();
    const auto written = model::WriteDataset(FileSystem::Posix(), dir_ / "set", schema, {{0}, {1}});
    EXPECT_THAT(written, IsOk());
  }

  absl::StatusOr<Handle> Open() {
    ++openings_;
    return model::Dataset::Open(*FileSystem::Posix(), dir_ / "set");
  }
  // Opens once `gate_` is notified.
  absl::StatusOr<Handle> OpenSlowly() {
    opening_.Notify();
    gate_.WaitForNotification();
    return Open();
  }
  absl::StatusOr<Handle> Acquire(const std::string& name) {
    return open_.Acquire(name, [this] { return Open(); });
  }

  TempDir dir_;
  OpenDatasets open_{2};
  std::atomic<int> openings_{0};
  absl::Notification opening_;
  absl::Notification gate_;
};

TEST_F(OpenDatasetsTest, KeepsTheLastAskedFor) {
  for (const char* name : {"a", "b", "a", "c", "a"}) ASSERT_THAT(Acquire(name), IsOk());
  EXPECT_EQ(openings_, 3);
  ASSERT_THAT(Acquire("b"), IsOk());
  EXPECT_EQ(openings_, 4);
}

TEST_F(OpenDatasetsTest, FindsWhatSomebodyHolds) {
  const Handle a = Acquire("a").value();
  for (const char* name : {"b", "c", "d"}) ASSERT_THAT(Acquire(name), IsOk());
  EXPECT_EQ(Acquire("a").value(), a);
  EXPECT_EQ(openings_, 4);
}

TEST_F(OpenDatasetsTest, OneOpeningServesAllWhoWaitForIt) {
  std::vector<Handle> handles(4);
  {
    Thread first("first", [&] { handles[0] = open_.Acquire("a", [this] { return OpenSlowly(); }).value(); });
    opening_.WaitForNotification();
    std::vector<Thread> others;
    for (int i = 1; i < 4; ++i) others.emplace_back("other", [&, i] { handles[i] = Acquire("a").value(); });
    ASSERT_THAT(Acquire("b"), IsOk());  // others are opened meanwhile
    gate_.Notify();
  }
  for (const Handle& handle : handles) EXPECT_EQ(handle, handles[0]);
  EXPECT_EQ(openings_, 2);
}

TEST_F(OpenDatasetsTest, AFailedOpeningIsTriedAgain) {
  const auto fail = []() -> absl::StatusOr<Handle> { return absl::DataLossError("damaged"); };
  const auto throws = []() -> absl::StatusOr<Handle> { throw std::runtime_error("breaks its word"); };
  EXPECT_EQ(open_.Acquire("a", fail).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(open_.Acquire("a", throws).status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Acquire("a"), IsOk());
}

TEST_F(OpenDatasetsTest, WhatIsForgottenGoesWithItsHolders) {
  Handle a = Acquire("a").value();
  const std::weak_ptr<const model::Dataset> watch = a;
  open_.Forget("a");
  EXPECT_NE(Acquire("a").value(), a);
  EXPECT_EQ(openings_, 2);
  a.reset();
  EXPECT_TRUE(watch.expired());
}

TEST_F(OpenDatasetsTest, AnOpeningThatIsForgottenMeanwhileIsNotKept) {
  std::weak_ptr<const model::Dataset> watch;
  Thread opener("opener", [&] {
    const Handle handle = open_.Acquire("a", [this] { return OpenSlowly(); }).value();
    EXPECT_NE(handle, nullptr) << "who asked before still gets it";
    watch = handle;
  });
  opening_.WaitForNotification();
  open_.Forget("a");
  gate_.Notify();
  opener.Join();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace facet::server
