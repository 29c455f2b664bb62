// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_RECONNECT_H_
#define FACET_CLIENT_SRC_RECONNECT_H_

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace facet::client {

// When to connect again after a connection broke: exponential backoff from
// 0.1 s to 5 s with jitter, until `patience` has passed without success. Not
// thread-safe.
class Reconnect {
 public:
  // Of a clock that nobody sets.
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit Reconnect(absl::Duration patience) : patience_(patience) {}

  // Whether `status` is worth another try; then blocks for the backoff, or
  // until `cancelled` is notified.
  bool Wait(const absl::Status& status, const absl::Notification& cancelled) {
    if (cancelled.HasBeenNotified()) return false;
    const std::optional<absl::Duration> pause = NextPause(status, std::chrono::steady_clock::now());
    if (!pause.has_value()) return false;
    return !cancelled.WaitForNotificationWithTimeout(*pause * absl::Uniform(random_, 0.8, 1.2));
  }

  // How long to wait at `now`, the time of a failure, before jitter; nothing
  // where no other try is worth it.
  std::optional<absl::Duration> NextPause(const absl::Status& status, TimePoint now) {
    if (!absl::IsUnavailable(status)) return std::nullopt;
    if (!failing_since_.has_value()) failing_since_ = now;
    if (absl::FromChrono(now - *failing_since_) >= patience_) return std::nullopt;
    return std::exchange(backoff_, std::min(2 * backoff_, absl::Seconds(5)));
  }

  // Something was received.
  void Succeeded() {
    failing_since_.reset();
    backoff_ = absl::Milliseconds(100);
  }

 private:
  const absl::Duration patience_;
  absl::BitGen random_;
  std::optional<TimePoint> failing_since_;
  absl::Duration backoff_ = absl::Milliseconds(100);
};

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_RECONNECT_H_
