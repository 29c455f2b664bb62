// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/call_gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/fake_clock.h"
#include "base/thread.h"
#include "server/core/shutting_down.h"

namespace facet::server {
namespace {

TEST(CallGateTest, CountsWhoIsIn) {
  CallGate gate(10);
  {
    auto first = gate.Enter();
    auto second = gate.Enter();
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(gate.in_flight(), 2);
    CallGate::Pass moved = *std::move(first);
    EXPECT_EQ(gate.in_flight(), 2);
    moved = CallGate::Pass();
    EXPECT_EQ(gate.in_flight(), 1);
  }
  EXPECT_EQ(gate.in_flight(), 0);
}

TEST(CallGateTest, RefusesMoreThanItsLimit) {
  CallGate gate(1);
  std::optional<CallGate::Pass> pass = *gate.Enter();
  const absl::Status refused = gate.Enter().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(refused).reason, "TOO_MANY_CALLS");
  EXPECT_TRUE(GetErrorDetail(refused).retry_after.has_value());
  pass.reset();
  EXPECT_TRUE(gate.Enter().ok());
}

TEST(CallGateTest, ClosedGateRefusesAndKeepsWhoIsIn) {
  CallGate gate(10);
  auto pass = gate.Enter();
  gate.Close();
  const absl::Status refused = gate.Enter().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(refused, ShuttingDownError());
  EXPECT_EQ(GetErrorDetail(refused).reason, "SHUTTING_DOWN");
  EXPECT_EQ(GetErrorDetail(refused).retry_after, absl::Seconds(1));
  EXPECT_EQ(gate.in_flight(), 1);
}

TEST(CallGateTest, TellsWhoIsInWhenItCloses) {
  CallGate gate(10);
  int told = 0;
  auto stays = gate.Enter();
  stays->OnClose([&] { ++told; });
  {
    auto leaves = gate.Enter();
    leaves->OnClose([&] { told += 100; });
  }
  gate.Close();
  EXPECT_EQ(told, 1);
  gate.Close();
  EXPECT_EQ(told, 1);
}

TEST(CallGateTest, TellsAtOnceWhoAsksTooLate) {
  CallGate gate(10);
  auto pass = gate.Enter();
  gate.Close();
  bool told = false;
  pass->OnClose([&] { told = true; });
  EXPECT_TRUE(told);
}

TEST(CallGateTest, TellsWhoIsInWhenItCutsOff) {
  CallGate gate(10);
  std::string told;
  auto stays = gate.Enter();
  stays->OnCutOff([&] { told += "cut off "; });
  stays->OnClose([&] { told += "close "; });
  {
    auto leaves = gate.Enter();
    leaves->OnCutOff([&] { told += "gone "; });
  }
  gate.Close();
  EXPECT_EQ(told, "close ");
  gate.CutOff();
  EXPECT_EQ(told, "close cut off ");
  gate.CutOff();
  EXPECT_EQ(told, "close cut off ");
  stays->OnCutOff([&] { told += "late"; });
  EXPECT_EQ(told, "close cut off late");
}

TEST(CallGateTest, CutsOffOnlyWhatItHasClosed) {
  CallGate gate(10);
  gate.CutOff();
  EXPECT_EQ(gate.Enter().status(), ShuttingDownError());
}

TEST(CallGateTest, WaitsForTheLastToLeave) {
  CallGate gate(10);
  FakeClock clock;
  std::optional<CallGate::Pass> pass = *gate.Enter();
  absl::Notification empty;
  Thread waiter("waiter", [&] {
    EXPECT_TRUE(gate.AwaitEmpty(clock, clock.Now() + absl::Seconds(10)));
    empty.Notify();
  });
  clock.BlockUntilWaiters(1);
  EXPECT_FALSE(empty.HasBeenNotified());
  pass.reset();
  empty.WaitForNotification();
}

TEST(CallGateTest, GivesUpWaitingAtTheDeadline) {
  CallGate gate(10);
  FakeClock clock;
  auto pass = gate.Enter();
  Thread waiter("waiter", [&] { EXPECT_FALSE(gate.AwaitEmpty(clock, clock.Now() + absl::Seconds(10))); });
  clock.BlockUntilWaiters(1);
  clock.Advance(absl::Seconds(10));
  waiter.Join();
}

}  // namespace
}  // namespace facet::server
