// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_CLOCK_H_
#define FACET_BASE_CLOCK_H_

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace facet {

// Time as a parameter, so that tests are exact. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // The process's clock; lives for ever.
  static Clock* Real();
  // One for deadlines: begins as the system's clock does, and then goes on
  // evenly, also in its waits, whatever the system's is set to. Not for stamps
  // that people read. Lives for ever.
  static Clock* Steady();

  virtual absl::Time Now() = 0;

  // Blocks until `condition` holds or `deadline` has come, like
  // absl::Mutex::AwaitWithDeadline: `mutex` is held before and after. Returns
  // whether the condition holds.
  virtual bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

}  // namespace facet

#endif  // FACET_BASE_CLOCK_H_
