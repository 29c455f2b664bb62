// SPDX-License-Identifier: Apache-2.0
#include "server/main/signal_waiter.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <ctime>
#include <utility>

namespace facet::server {
namespace {

sigset_t TerminationSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockTerminationSignals() {
  const sigset_t signals = TerminationSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SignalWaiter::SignalWaiter(std::function<void(int)> on_first)
    : thread_("signals", [this, on_first = std::move(on_first)] { Run(on_first); }) {}

SignalWaiter::~SignalWaiter() {
  stopping_.store(true);
  thread_.Join();
}

void SignalWaiter::Run(const std::function<void(int)>& on_first) {
  const sigset_t signals = TerminationSignals();
  // Short enough that nobody notices the wait of the destructor.
  const timespec look_again = {0, 50'000'000};
  bool first = true;
  while (!stopping_.load()) {
    const int signal = sigtimedwait(&signals, nullptr, &look_again);
    if (signal <= 0) continue;
    if (!std::exchange(first, false)) _exit(128 + signal);
    on_first(signal);
  }
}

}  // namespace facet::server
