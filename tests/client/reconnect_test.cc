// SPDX-License-Identifier: Apache-2.0
#include "client/src/reconnect.h"

#include <chrono>

#include "base/thread.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::client {
namespace {

using testing::Optional;

const absl::Status kBroken = absl::UnavailableError("broken");

// A time so long after an arbitrary one.
Reconnect::TimePoint At(absl::Duration since) { return Reconnect::TimePoint() + absl::ToChronoNanoseconds(since); }

TEST(ReconnectTest, PausesDoubleUpToFiveSeconds) {
  Reconnect reconnect(absl::Hours(1));
  for (const double seconds : {0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0}) {
    EXPECT_THAT(reconnect.NextPause(kBroken, At(absl::ZeroDuration())), Optional(absl::Seconds(seconds)));
  }
}

TEST(ReconnectTest, PatienceCountsFromTheFirstFailure) {
  Reconnect reconnect(absl::Seconds(10));
  EXPECT_TRUE(reconnect.NextPause(kBroken, At(absl::Seconds(50))).has_value());
  EXPECT_TRUE(reconnect.NextPause(kBroken, At(absl::Seconds(59.9))).has_value());
  EXPECT_FALSE(reconnect.NextPause(kBroken, At(absl::Seconds(60))).has_value());
}

TEST(ReconnectTest, AfterASuccessAllBeginsAnew) {
  Reconnect reconnect(absl::Seconds(10));
  for (const int second : {0, 4, 8}) reconnect.NextPause(kBroken, At(absl::Seconds(second)));
  reconnect.Succeeded();
  EXPECT_THAT(reconnect.NextPause(kBroken, At(absl::Seconds(20))), Optional(absl::Milliseconds(100)));
  EXPECT_TRUE(reconnect.NextPause(kBroken, At(absl::Seconds(29))).has_value());
  EXPECT_FALSE(reconnect.NextPause(kBroken, At(absl::Seconds(30))).has_value());
}

TEST(ReconnectTest, WithoutPatienceOrForAnotherErrorThereIsNoOtherTry) {
  EXPECT_FALSE(Reconnect(absl::ZeroDuration()).NextPause(kBroken, At(absl::ZeroDuration())).has_value());
  Reconnect patient(absl::Hours(1));
  for (const absl::Status& status : {absl::OkStatus(), absl::InternalError(""), absl::NotFoundError("")}) {
    EXPECT_FALSE(patient.NextPause(status, At(absl::ZeroDuration())).has_value()) << status;
  }
}

TEST(ReconnectTest, CancellingEndsTheWait) {
  Reconnect reconnect(absl::Hours(1));
  const auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 6; ++i) reconnect.NextPause(kBroken, now);  // the next is of 5 s
  constexpr auto kWaited = std::chrono::milliseconds(50);
  absl::Notification cancelled;
  absl::Notification never;
  const Thread canceller("cancel", [&] {
    never.WaitForNotificationWithTimeout(absl::FromChrono(kWaited));
    cancelled.Notify();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(reconnect.Wait(kBroken, cancelled));
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(waited, kWaited / 2) << "patience ran out instead";
  EXPECT_LT(waited, std::chrono::seconds(3));
}

}  // namespace
}  // namespace facet::client
