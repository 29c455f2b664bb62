// SPDX-License-Identifier: Apache-2.0
#include "base/fake_clock.h"

#include <algorithm>

namespace facet {

absl::Time FakeClock::Now() {
  absl::MutexLock lock(&mutex_);
  return now_;
}

bool FakeClock::AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) {
  const bool finite = deadline != absl::InfiniteFuture();
  if (finite) {
    absl::MutexLock lock(&mutex_);
    waiters_.push_back(&mutex);
  }
  auto done = [&] { return condition.Eval() || Now() >= deadline; };
  mutex.Await(absl::Condition(&done));
  if (finite) {
    absl::MutexLock lock(&mutex_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &mutex));
  }
  return condition.Eval();
}

void FakeClock::Advance(absl::Duration by) {
  std::vector<absl::Mutex*> waiters;
  {
    absl::MutexLock lock(&mutex_);
    now_ += by;
    waiters = waiters_;
  }
  // Conditions are looked at again when their mutex is released.
  for (absl::Mutex* waiter : waiters) absl::MutexLock lock(waiter);
}

void FakeClock::BlockUntilWaiters(int n) {
  absl::MutexLock lock(&mutex_);
  auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return static_cast<int>(waiters_.size()) >= n; };
  mutex_.Await(absl::Condition(&enough));
}

}  // namespace facet
