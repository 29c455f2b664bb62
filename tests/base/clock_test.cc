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

TEST(SteadyClockTest, BeginsAsTheSystemsClockAndNeverGoesBack) {
  Clock* clock = Clock::Steady();
  absl::Time last = clock->Now();
  EXPECT_LT(absl::AbsDuration(last - absl::Now()), absl::Minutes(1));
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = clock->Now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SteadyClockTest, AwaitUntilEndsAtTheDeadlineAndNotBefore) {
  Clock* clock = Clock::Steady();
  absl::Mutex mutex;
  bool flag = false;
  absl::MutexLock lock(&mutex);
  const absl::Time deadline = clock->Now() + absl::Milliseconds(5);
  EXPECT_FALSE(clock->AwaitUntil(mutex, absl::Condition(&flag), deadline));
  EXPECT_GE(clock->Now(), deadline);
  EXPECT_FALSE(clock->AwaitUntil(mutex, absl::Condition(&flag), absl::InfinitePast()));
}

TEST(SteadyClockTest, AwaitUntilEndsWhenTheConditionHolds) {
  for (const absl::Duration wait : {absl::Hours(1), absl::InfiniteDuration()}) {
    absl::Mutex mutex;
    bool flag = false;
    const Thread setter("setter", [&] {
      absl::MutexLock lock(&mutex);
      flag = true;
    });
    absl::MutexLock lock(&mutex);
    EXPECT_TRUE(Clock::Steady()->AwaitUntil(mutex, absl::Condition(&flag), Clock::Steady()->Now() + wait));
  }
}

// Waits that end just as their alarm rings; under sanitizers the proof that
// neither outlives the other.
TEST(SteadyClockTest, DeadlineAndConditionMayMeet) {
  for (int i = 0; i < 300; ++i) {
    absl::Mutex mutex;
    bool flag = false;
    const Thread setter("setter", [&] {
      absl::MutexLock lock(&mutex);
      flag = true;
    });
    absl::MutexLock lock(&mutex);
    Clock::Steady()->AwaitUntil(mutex, absl::Condition(&flag), Clock::Steady()->Now() + absl::Microseconds(i));
  }
}

}  // namespace
}  // namespace facet
