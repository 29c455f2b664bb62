// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include "base/thread.h"
#include "gtest/gtest.h"

namespace facet {
namespace {

TEST(RealClockTest, IsTheSystemsClock) {
  const absl::Time before = absl::Now();
  const absl::Time now = Clock::Real()->Now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, absl::Now());
}

TEST(RealClockTest, AwaitUntilEndsAtTheDeadline) {
  absl::Mutex mutex;
  bool flag = false;
  absl::MutexLock lock(&mutex);
  EXPECT_FALSE(Clock::Real()->AwaitUntil(mutex, absl::Condition(&flag), absl::Now() + absl::Milliseconds(1)));
}

TEST(RealClockTest, AwaitUntilEndsWhenTheConditionHolds) {
  absl::Mutex mutex;
  bool flag = false;
  const Thread setter("setter", [&] {
    absl::MutexLock lock(&mutex);
    flag = true;
  });
  absl::MutexLock lock(&mutex);
  EXPECT_TRUE(Clock::Real()->AwaitUntil(mutex, absl::Condition(&flag), absl::InfiniteFuture()));
}

TEST(RealClockTest, AwaitUntilLooksAtTheConditionBeforeAPastDeadline) {
  absl::Mutex mutex;
  bool flag = true;
  absl::MutexLock lock(&mutex);
  EXPECT_TRUE(Clock::Real()->AwaitUntil(mutex, absl::Condition(&flag), absl::InfinitePast()));
}

}  // namespace
}  // namespace facet
