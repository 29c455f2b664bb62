// SPDX-License-Identifier: Apache-2.0
#include "base/fake_clock.h"

#include <atomic>

#include "base/thread.h"
#include "gtest/gtest.h"

namespace facet {
namespace {

TEST(FakeClockTest, MovesByHandOnly) {
  FakeClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
}

// Waits on a thread of its own and keeps what AwaitUntil returned.
class Waiter {
 public:
  Waiter(FakeClock& clock, absl::Time deadline)
      : thread_("waiter", [this, &clock, deadline] {
          absl::MutexLock lock(&mutex_);
          result_ = clock.AwaitUntil(mutex_, absl::Condition(&flag_), deadline) ? 1 : 0;
        }) {}

  void SetFlag() {
    absl::MutexLock lock(&mutex_);
    flag_ = true;
  }
  // 1: the condition held, 0: it did not, -1: still waiting.
  int result() const { return result_; }
  int Join() {
    thread_.Join();
    return result_;
  }

 private:
  absl::Mutex mutex_;
  bool flag_ = false;
  std::atomic<int> result_ = -1;
  Thread thread_;
};

TEST(FakeClockTest, WaiterWakesWhenItsDeadlineHasCome) {
  FakeClock clock;
  Waiter waiter(clock, clock.Now() + absl::Seconds(10));
  clock.BlockUntilWaiters(1);
  clock.Advance(absl::Seconds(9));
  EXPECT_EQ(waiter.result(), -1);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(waiter.Join(), 0);
}

TEST(FakeClockTest, WaiterWakesWhenItsConditionHolds) {
  FakeClock clock;
  Waiter waiter(clock, clock.Now() + absl::Seconds(10));
  clock.BlockUntilWaiters(1);
  waiter.SetFlag();
  EXPECT_EQ(waiter.Join(), 1);
}

TEST(FakeClockTest, InfiniteDeadlineWaitsForTheConditionAlone) {
  FakeClock clock;
  Waiter waiter(clock, absl::InfiniteFuture());
  clock.Advance(absl::Hours(1'000'000));
  waiter.SetFlag();
  EXPECT_EQ(waiter.Join(), 1);
}

TEST(FakeClockTest, PastDeadlineReturnsAtOnce) {
  FakeClock clock;
  Waiter waiter(clock, clock.Now());
  EXPECT_EQ(waiter.Join(), 0);
}

TEST(FakeClockTest, CountsAllWaiters) {
  FakeClock clock;
  Waiter first(clock, clock.Now() + absl::Seconds(1));
  Waiter second(clock, clock.Now() + absl::Seconds(2));
  clock.BlockUntilWaiters(2);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(first.Join(), 0);
  EXPECT_EQ(second.result(), -1);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(second.Join(), 0);
}

}  // namespace
}  // namespace facet
