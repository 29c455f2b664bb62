// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/delayed_calls.h"

#include <utility>

namespace facet::server {

DelayedCalls::DelayedCalls(Clock* clock) : clock_(clock), thread_("delayed-calls", [this] { Run(); }) {}

DelayedCalls::~DelayedCalls() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.Join();
}

void DelayedCalls::After(absl::Duration delay, std::function<void()> call) {
  absl::MutexLock lock(&mutex_);
  calls_.emplace(clock_->Now() + delay, std::move(call));
}

void DelayedCalls::Run() {
  while (true) {
    std::function<void()> call;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time next = calls_.empty() ? absl::InfiniteFuture() : calls_.begin()->first;
      // An earlier call may be added while this waits for a later one.
      auto changed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || (!calls_.empty() && calls_.begin()->first < next);
      };
      clock_->AwaitUntil(mutex_, absl::Condition(&changed), next);
      if (calls_.empty()) {
        if (stopping_) return;
        continue;
      }
      if (!stopping_ && calls_.begin()->first > clock_->Now()) continue;
      call = std::move(calls_.begin()->second);
      calls_.erase(calls_.begin());
    }
    call();
  }
}

}  // namespace facet::server
