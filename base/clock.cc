// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace facet {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) override {
    return mutex.AwaitWithDeadline(condition, deadline);
  }
};

}  // namespace

Clock* Clock::Real() {
  static RealClock* const clock = new RealClock;
  return clock;
}

}  // namespace facet
