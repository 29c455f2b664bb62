// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/delayed_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

TEST(DelayedCallsTest, CallsInTheOrderOfTime) {
  FakeClock clock;
  std::vector<int> called;
  absl::Notification last;
  DelayedCalls delayed(&clock);
  delayed.After(absl::Seconds(3), [&] {
    called.push_back(3);
    last.Notify();
  });
  delayed.After(absl::Seconds(1), [&] { called.push_back(1); });
  delayed.After(absl::Seconds(2), [&] { called.push_back(2); });
  clock.Advance(absl::Seconds(3));
  last.WaitForNotification();
  EXPECT_THAT(called, ElementsAre(1, 2, 3));
}

TEST(DelayedCallsTest, TheDestructorMakesTheCallsThatAreLeft) {
  FakeClock clock;
  int called = 0;
  {
    DelayedCalls delayed(&clock);
    delayed.After(absl::Hours(1), [&] { ++called; });
    delayed.After(absl::Hours(2), [&] { ++called; });
  }
  EXPECT_EQ(called, 2);
}

}  // namespace
}  // namespace facet::server
