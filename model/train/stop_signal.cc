// SPDX-License-Identifier: Apache-2.0
#include "model/train/stop_signal.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "absl/status/status.h"

namespace facet::model {

absl::StatusOr<std::unique_ptr<StopSignal>> StopSignal::Create(std::atomic<bool>* stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
  const int end_fd = eventfd(0, EFD_CLOEXEC);
  if (signal_fd < 0 || end_fd < 0) return absl::InternalError("no file descriptors left for signals");
  return std::unique_ptr<StopSignal>(new StopSignal(signal_fd, end_fd, stop));
}

StopSignal::StopSignal(int signal_fd, int end_fd, std::atomic<bool>* stop)
    : signal_fd_(signal_fd), end_fd_(end_fd), stop_(stop), thread_("signals", [this] { Watch(); }) {}

StopSignal::~StopSignal() {
  eventfd_write(end_fd_, 1);
  thread_.Join();
  close(signal_fd_);
  close(end_fd_);
}

void StopSignal::Watch() {
  while (true) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {end_fd_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    if (fds[0].revents == 0) continue;
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) *stop_ = true;
  }
}

}  // namespace facet::model
