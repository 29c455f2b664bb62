// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_order.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace facet::model {
namespace {

std::vector<int64_t> PositionsOf(BatchOrder& order, int64_t step) {
  std::vector<int64_t> positions(order.batch_size());
  order.Positions(step, absl::MakeSpan(positions));
  return positions;
}

TEST(BatchOrderTest, SeesEachImageOnceAnEpochThoughBatchesCrossItsEnd) {
  BatchOrder order(10, 4, 1, "train");
  std::vector<int64_t> seen;
  for (int64_t step = 0; step < 5; ++step) {
    for (const int64_t position : PositionsOf(order, step)) seen.push_back(position);
  }
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.begin() + 10).size(), 10);
  EXPECT_EQ(std::set<int64_t>(seen.begin() + 10, seen.end()).size(), 10);
  EXPECT_NE(std::vector<int64_t>(seen.begin(), seen.begin() + 10), std::vector<int64_t>(seen.begin() + 10, seen.end()));
}

TEST(BatchOrderTest, AStepIsTheSameWhereverOneComesFrom) {
  BatchOrder forwards(100, 7, 1, "train");
  BatchOrder backwards(100, 7, 1, "train");
  std::vector<std::vector<int64_t>> steps;
  for (int64_t step = 0; step < 40; ++step) steps.push_back(PositionsOf(forwards, step));
  for (int64_t step = 39; step >= 0; --step) EXPECT_EQ(PositionsOf(backwards, step), steps[step]);
}

TEST(BatchOrderTest, SeedsAndPurposesGiveOtherOrders) {
  BatchOrder order(1000, 16, 1, "train");
  BatchOrder other_seed(1000, 16, 2, "train");
  BatchOrder other_purpose(1000, 16, 1, "judge");
  EXPECT_NE(PositionsOf(order, 0), PositionsOf(other_seed, 0));
  EXPECT_NE(PositionsOf(order, 0), PositionsOf(other_purpose, 0));
}

TEST(BatchOrderTest, ABatchMayBeLargerThanTheDataSet) {
  BatchOrder order(3, 9, 1, "train");
  std::vector<int> counts(3);
  for (const int64_t position : PositionsOf(order, 0)) ++counts[position];
  EXPECT_EQ(counts, std::vector<int>({3, 3, 3}));
}

}  // namespace
}  // namespace facet::model
