// SPDX-License-Identifier: Apache-2.0
#include "base/byte_budget.h"

#include <atomic>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "gtest/gtest.h"

namespace facet {
namespace {

TEST(ByteBudgetTest, AllMayBeTakenAgainAndAgain) {
  ByteBudget budget(100);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(budget.Take(100).bytes(), 100);
}

TEST(ByteBudgetTest, MoreThanAllIsAll) { EXPECT_EQ(ByteBudget(100).Take(1000).bytes(), 100); }

TEST(ByteBudgetTest, WhatIsReducedIsFree) {
  ByteBudget budget(100);
  ByteBudget::Share first = budget.Take(100);
  first.ReduceTo(40);
  const ByteBudget::Share second = budget.Take(60);
  EXPECT_EQ(first.bytes(), 40);
  first.ReduceTo(50);
  EXPECT_EQ(first.bytes(), 40);
}

TEST(ByteBudgetTest, AShareThatMovedIsGivenBackOnce) {
  ByteBudget budget(100);
  {
    ByteBudget::Share first = budget.Take(70);
    ByteBudget::Share second = std::move(first);
    first = budget.Take(30);
  }
  EXPECT_EQ(budget.Take(100).bytes(), 100);
}

TEST(ByteBudgetTest, WhoDoesNotWaitGetsWhatIsFree) {
  ByteBudget budget(100);
  {
    const auto most = budget.TryTake(70);
    ASSERT_TRUE(most.has_value());
    EXPECT_FALSE(budget.TryTake(31).has_value());
    EXPECT_TRUE(budget.TryTake(30).has_value());
    EXPECT_FALSE(budget.TryTake(1000).has_value()) << "all is not free";
  }
  EXPECT_EQ(budget.TryTake(1000)->bytes(), 100);
}

TEST(ByteBudgetTest, NeverIsMoreOutThanThereIs) {
  ByteBudget budget(100);
  std::atomic<int64_t> out = 0;
  std::atomic<bool> too_much = false;
  {
    std::vector<Thread> threads;
    for (uint64_t t = 0; t < 8; ++t) {
      threads.emplace_back("taker", [&, t] {
        CounterRandom random(1, "budget", t);
        for (int i = 0; i < 2000; ++i) {
          const auto bytes = static_cast<int64_t>(random.NextBelow(101));
          const ByteBudget::Share share = budget.Take(bytes);
          if ((out += bytes) > 100) too_much = true;
          out -= bytes;
        }
      });
    }
  }
  EXPECT_FALSE(too_much);
}

}  // namespace
}  // namespace facet
