// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_FAKE_CLOCK_H_
#define FACET_BASE_FAKE_CLOCK_H_

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace facet {

// A clock that a test moves by hand. Thread-safe.
//
//   FakeClock clock;
//   ... start something that waits ...
//   clock.BlockUntilWaiters(1);
//   clock.Advance(absl::Seconds(5));
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time start = absl::FromUnixSeconds(1'000'000'000)) : now_(start) {}

  absl::Time Now() override ABSL_LOCKS_EXCLUDED(mutex_);
  bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) override;

  // Moves the time and wakes whoever's deadline has come. A mutex that is
  // waited on must outlive the call.
  void Advance(absl::Duration by) ABSL_LOCKS_EXCLUDED(mutex_);

  // Blocks until `n` threads wait in AwaitUntil with a finite deadline.
  void BlockUntilWaiters(int n) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Mutex*> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet

#endif  // FACET_BASE_FAKE_CLOCK_H_
