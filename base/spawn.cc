// SPDX-License-Identifier: Apache-2.0
#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

namespace facet {
namespace {

// Here the child is a copy of one thread of the parent; locks that others held
// stay locked for ever. Only async-signal-safe calls are allowed: no memory, no
// C++ objects.

constexpr int kEventFd = 3;
constexpr int kFailureFd = 4;

[[noreturn]] void Fail(int failure_fd) {
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure_fd, &error, sizeof(error));
  _exit(127);
}

// Ignored signals would stay ignored in the new program.
void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool MoveDescriptors(const SpawnPlan& plan) {
  if (dup2(plan.input, STDIN_FILENO) < 0) return false;
  if (plan.log >= 0 && (dup2(plan.log, STDOUT_FILENO) < 0 || dup2(plan.log, STDERR_FILENO) < 0)) return false;
  if (plan.events >= 0) {
    if (dup2(plan.events, kEventFd) < 0) return false;
  } else {
    close(kEventFd);
  }
  if (dup3(plan.failure, kFailureFd, O_CLOEXEC) < 0) return false;
  closefrom(kFailureFd + 1);
  return true;
}

[[noreturn]] void BecomeProgram(const SpawnPlan& plan, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the call above.
  if (getppid() != parent) _exit(127);
  ResetSignals();
  if (!MoveDescriptors(plan)) Fail(plan.failure);
  execve(plan.program, plan.argv, plan.environment);
  Fail(kFailureFd);
}

}  // namespace

pid_t Spawn(const SpawnPlan& plan) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) BecomeProgram(plan, parent);
  return child;
}

}  // namespace facet
