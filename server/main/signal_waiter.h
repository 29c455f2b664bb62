// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_SIGNAL_WAITER_H_
#define FACET_SERVER_MAIN_SIGNAL_WAITER_H_

#include <atomic>
#include <functional>

#include "base/thread.h"

namespace facet::server {

// Blocks SIGTERM and SIGINT for this thread and all it will start, so that they
// wait for a SignalWaiter. Call before any thread is started.
void BlockTerminationSignals();

// Takes SIGTERM and SIGINT by sigwait on a thread of its own, where any code may
// run, unlike in a handler. The first calls `on_first` with it; the second ends
// the process at once with 128 + the signal. At most one at a time.
class SignalWaiter {
 public:
  explicit SignalWaiter(std::function<void(int signal)> on_first);
  // No signal is taken afterwards.
  ~SignalWaiter();

 private:
  void Run(const std::function<void(int)>& on_first);

  std::atomic<bool> stopping_{false};
  Thread thread_;  // last
};

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_SIGNAL_WAITER_H_
