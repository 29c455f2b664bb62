// SPDX-License-Identifier: Apache-2.0
#include "base/worker_pool.h"

#include <atomic>
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "gtest/gtest.h"
#include "tests/base/few_threads.h"

namespace facet {
namespace {

TEST(WorkerPoolTest, RunsEveryTaskOnce) {
  std::atomic<int> runs = 0;
  {
    WorkerPool pool("test", 4, 1000);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.Schedule([&] { ++runs; }).ok());
  }
  EXPECT_EQ(runs, 1000);
}

TEST(WorkerPoolTest, ThreadsThatCannotBeStartedAreAnErrorAndNoHang) {
  ExpectThrowsWithFewThreads([] { WorkerPool("test", 64, 1); });
}

TEST(WorkerPoolTest, RunsTasksOfOneThreadInOrder) {
  std::vector<int> order;
  {
    WorkerPool pool("test", 1, 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Schedule([&order, i] { order.push_back(i); }).ok());
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(WorkerPoolTest, TasksRunSideBySide) {
  absl::Notification first;
  absl::Notification second;
  WorkerPool pool("test", 2, 2);
  // Each waits for the other: one thread alone would never end.
  ASSERT_TRUE(pool.Schedule([&] { first.Notify(), second.WaitForNotification(); }).ok());
  ASSERT_TRUE(pool.Schedule([&] { second.Notify(), first.WaitForNotification(); }).ok());
}

TEST(WorkerPoolTest, FullQueueRefusesAndLeavesTheTaskUnrun) {
  std::atomic<int> runs = 0;
  absl::Notification started;
  absl::Notification release;
  {
    WorkerPool pool("test", 1, 2);
    ASSERT_TRUE(pool.Schedule([&] { started.Notify(), release.WaitForNotification(); }).ok());
    started.WaitForNotification();
    ASSERT_TRUE(pool.Schedule([&] { ++runs; }).ok());
    ASSERT_TRUE(pool.Schedule([&] { ++runs; }).ok());
    const absl::Status refused = pool.Schedule([&] { runs += 100; });
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(GetErrorDetail(refused).reason, "QUEUE_FULL");
    EXPECT_TRUE(GetErrorDetail(refused).retry_after.has_value());
    release.Notify();
  }
  EXPECT_EQ(runs, 2);
}

TEST(WorkerPoolTest, TakesTasksThatOnlyMove) {
  int seen = 0;
  {
    WorkerPool pool("test", 1, 1);
    ASSERT_TRUE(pool.Schedule([&seen, value = std::make_unique<int>(7)] { seen = *value; }).ok());
  }
  EXPECT_EQ(seen, 7);
}

TEST(WorkerPoolTest, TasksMayScheduleTasks) {
  std::atomic<int> runs = 0;
  absl::Notification done;
  WorkerPool pool("test", 1, 1);
  ASSERT_TRUE(pool.Schedule([&] {
                    ++runs;
                    ASSERT_TRUE(pool.Schedule([&] { ++runs, done.Notify(); }).ok());
                  })
                  .ok());
  done.WaitForNotification();
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace facet
