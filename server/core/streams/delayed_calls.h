// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_DELAYED_CALLS_H_
#define FACET_SERVER_CORE_STREAMS_DELAYED_CALLS_H_

#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread.h"

namespace facet::server {

// Calls functions later, from one thread of its own. Thread-safe. The
// destructor makes the calls that are left at once, so that none is lost.
class DelayedCalls {
 public:
  explicit DelayedCalls(Clock* clock);
  ~DelayedCalls();

  // Calls `call` once, `delay` from now. It must not block.
  void After(absl::Duration delay, std::function<void()> call) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  Clock* const clock_;
  absl::Mutex mutex_;
  std::multimap<absl::Time, std::function<void()>> calls_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_DELAYED_CALLS_H_
