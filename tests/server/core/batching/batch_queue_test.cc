// SPDX-License-Identifier: Apache-2.0
#include "server/core/batching/batch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr BatchPriority kInteractive = BatchPriority::kInteractive;
constexpr BatchPriority kBulk = BatchPriority::kBulk;

// Id and items of each share of the next batch.
std::vector<std::pair<int, int>> Pick(BatchQueue<std::string>& queue, int max_items) {
  std::vector<std::pair<int, int>> batch;
  for (const auto& share : queue.Pick(max_items)) batch.emplace_back(share.id, share.items);
  return batch;
}

TEST(BatchQueueTest, IsEmptyAtFirst) {
  BatchQueue<std::string> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.items(), 0);
  EXPECT_THAT(Pick(queue, 8), IsEmpty());
  EXPECT_FALSE(queue.Remove(1));
}

TEST(BatchQueueTest, SmallTasksShareABatch) {
  BatchQueue<std::string> queue;
  queue.Push(1, "m", kInteractive, 3);
  queue.Push(2, "m", kInteractive, 4);
  queue.Push(3, "m", kInteractive, 1);
  queue.Push(4, "m", kInteractive, 1);
  EXPECT_EQ(queue.items(kInteractive), 9);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 3), Pair(2, 4), Pair(3, 1)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(4, 1)));
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueueTest, ACutTaskLeavesWithWhatFits) {
  BatchQueue<std::string> queue;
  queue.Push(1, "m", kInteractive, 6);
  queue.Push(2, "m", kInteractive, 6);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 6), Pair(2, 2)));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.items(), 0);
}

TEST(BatchQueueTest, TheRestOfALargeTaskStandsBehindSmallOnes) {
  BatchQueue<std::string> queue;
  queue.Push(1, "m", kInteractive, 100);
  queue.Push(2, "m", kInteractive, 3);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 8)));
  queue.Push(1, "m", kInteractive, 92);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(2, 3), Pair(1, 5)));
}

TEST(BatchQueueTest, KeysNeverShareABatchAndTakeTurns) {
  BatchQueue<std::string> queue;
  for (int id = 0; id < 3; ++id) queue.Push(id, "a", kInteractive, 8);
  queue.Push(10, "b", kInteractive, 1);
  queue.Push(20, "c", kInteractive, 8);
  queue.Push(21, "c", kInteractive, 8);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(0, 8)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(10, 1)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(20, 8)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 8)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(21, 8)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(2, 8)));
}

TEST(BatchQueueTest, ALargeTaskOfOneKeyDoesNotHoldUpAnother) {
  BatchQueue<std::string> queue;
  queue.Push(1, "a", kInteractive, 100);
  queue.Push(2, "b", kInteractive, 1);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 8)));
  queue.Push(1, "a", kInteractive, 92);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(2, 1)));
}

TEST(BatchQueueTest, InteractiveGoesFirstButEveryFourthBatchIsBulk) {
  BatchQueue<std::string> queue;
  for (int id = 0; id < 4; ++id) queue.Push(100 + id, "m", kBulk, 8);
  for (int id = 0; id < 8; ++id) queue.Push(id, "m", kInteractive, 8);
  std::string order;
  while (!queue.empty()) order += Pick(queue, 8)[0].first >= 100 ? 'b' : 'i';
  EXPECT_EQ(order, "iiibiiibiibb");
}

TEST(BatchQueueTest, PrioritiesDoNotShareABatch) {
  BatchQueue<std::string> queue;
  queue.Push(1, "m", kBulk, 1);
  queue.Push(2, "m", kInteractive, 1);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(2, 1)));
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 1)));
}

TEST(BatchQueueTest, InteractiveBatchesCountOnlyWhileBulkWaits) {
  BatchQueue<std::string> queue;
  for (int id = 0; id < 10; ++id) {
    queue.Push(id, "m", kInteractive, 8);
    Pick(queue, 8);
  }
  queue.Push(100, "m", kBulk, 8);
  queue.Push(11, "m", kInteractive, 8);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(11, 8)));
}

TEST(BatchQueueTest, RemovesFromTheMiddle) {
  BatchQueue<std::string> queue;
  queue.Push(1, "m", kInteractive, 1);
  queue.Push(2, "m", kInteractive, 5);
  queue.Push(3, "m", kInteractive, 1);
  queue.Push(4, "n", kBulk, 2);
  EXPECT_TRUE(queue.Remove(2));
  EXPECT_FALSE(queue.Remove(2));
  EXPECT_TRUE(queue.Remove(4));
  EXPECT_EQ(queue.items(), 2);
  EXPECT_EQ(queue.items(kBulk), 0);
  EXPECT_THAT(Pick(queue, 8), ElementsAre(Pair(1, 1), Pair(3, 1)));
}

TEST(BatchQueueTest, KnowsWhetherABatchWouldBeFull) {
  BatchQueue<std::string> queue;
  queue.Push(1, "a", kInteractive, 5);
  queue.Push(2, "b", kInteractive, 5);
  EXPECT_FALSE(queue.HasBatchOf(8)) << "ten items, but of two keys";
  queue.Push(3, "b", kInteractive, 3);
  EXPECT_TRUE(queue.HasBatchOf(8));
  queue.Remove(3);
  EXPECT_FALSE(queue.HasBatchOf(8));
}

}  // namespace
}  // namespace facet::server
