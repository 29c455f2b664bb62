// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/spawn.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"

extern char** environ;

namespace facet {
namespace {

// Descriptors below stay free: they are where the child's go.
constexpr int kLowestFd = 10;
constexpr int kMaxWaitingLaunches = 1024;

absl::Status FromErrno(int error, absl::string_view what) {
  const std::string message = absl::StrCat(what, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return WithReason(absl::NotFoundError(message), "PROGRAM_NOT_FOUND");
    case EACCES:
    case EPERM:
    case EROFS:
      return WithReason(absl::PermissionDeniedError(message), "PROGRAM_ACCESS_DENIED");
    case ENOSPC:
    case EDQUOT:
      return WithReason(absl::ResourceExhaustedError(message), "DISK_FULL");
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return WithReason(absl::ResourceExhaustedError(message), "NO_ROOM_FOR_PROCESS");
    default:
      return WithReason(absl::InternalError(message), "LAUNCH_FAILED");
  }
}

class Fd {
 public:
  Fd() = default;
  // Takes `fd` and moves it out of the way of the child's.
  explicit Fd(int fd) : fd_(fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, kLowestFd)) {
    if (fd >= 0) close(fd);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { Reset(); }
  void Reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return FromErrno(errno, "cannot make a pipe");
  Pipe pipe{Fd(fds[0]), Fd(fds[1])};
  if (!pipe.read.ok() || !pipe.write.ok()) return FromErrno(errno, "cannot make a pipe");
  return pipe;
}

absl::StatusOr<Fd> OpenFile(const std::string& path, int flags) {
  Fd fd(open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!fd.ok()) return FromErrno(errno, absl::StrCat("cannot open '", path, "'"));
  return fd;
}

absl::StatusOr<size_t> ReadSome(int fd, char* buffer, size_t capacity) {
  while (true) {
    const ssize_t got = read(fd, buffer, capacity);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return FromErrno(errno, "cannot read from a process");
  }
}

class PosixProcess final : public Process {
 public:
  PosixProcess(pid_t pid, Fd events) : pid_(pid), events_(std::move(events)) {}
  ~PosixProcess() override {
    Signal(SIGKILL);
    Wait();
  }

  int pid() const override { return pid_; }

  absl::StatusOr<size_t> ReadEvents(char* buffer, size_t capacity) override {
    if (!events_.ok()) return size_t{0};
    return ReadSome(events_.get(), buffer, capacity);
  }

  void Signal(int signal) override {
    absl::MutexLock lock(&mutex_);
    // Once reaped, the number may belong to somebody else.
    if (!exit_.has_value()) kill(pid_, signal);
  }

  ProcessExit Wait() override {
    // Waits without reaping, so that Signal() is free to go on meanwhile.
    siginfo_t info;
    while (waitid(P_PID, pid_, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    absl::MutexLock lock(&mutex_);
    if (!exit_.has_value()) exit_ = Reap();
    return *exit_;
  }

 private:
  ProcessExit Reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ProcessExit exit;
    if (WIFSIGNALED(status)) {
      exit.signal = WTERMSIG(status);
    } else {
      exit.exit_code = WEXITSTATUS(status);
    }
    return exit;
  }

  const pid_t pid_;
  const Fd events_;
  absl::Mutex mutex_;
  std::optional<ProcessExit> exit_ ABSL_GUARDED_BY(mutex_);
};

// "A=1" hides another "A=...".
std::vector<std::string> MergedEnvironment(const std::vector<std::string>& extra) {
  std::vector<std::string> merged = extra;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view name = absl::string_view(*entry).substr(0, absl::string_view(*entry).find('='));
    bool hidden = false;
    for (const std::string& mine : extra) hidden |= absl::StartsWith(mine, absl::StrCat(name, "="));
    if (!hidden) merged.emplace_back(*entry);
  }
  return merged;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

class PosixLauncher final : public ProcessLauncher {
 public:
  absl::StatusOr<std::unique_ptr<Process>> Launch(const ProcessOptions& options) override {
    if (options.argv.empty()) return absl::InvalidArgumentError("there is no program to start");
    ASSIGN_OR_RETURN(Fd input, OpenFile("/dev/null", O_RDONLY));
    ASSIGN_OR_RETURN(Pipe failure, MakePipe());
    Fd log;
    if (!options.log_path.empty()) {
      ASSIGN_OR_RETURN(log, OpenFile(options.log_path, O_WRONLY | O_CREAT | O_APPEND));
    }
    Pipe events;
    if (options.event_pipe) {
      ASSIGN_OR_RETURN(events, MakePipe());
    }
    std::vector<std::string> arguments = options.argv;
    std::vector<std::string> environment = MergedEnvironment(options.environment);
    const std::vector<char*> argv = Pointers(arguments);
    const std::vector<char*> envp = Pointers(environment);
    SpawnPlan plan{argv[0], argv.data(), envp.data(), input.get(), log.get(), events.write.get(), failure.write.get()};
    ASSIGN_OR_RETURN(const pid_t pid, SpawnOnEternalThread(plan, options.argv[0]));
    auto process = std::make_unique<PosixProcess>(pid, std::move(events.read));
    // The child's ends: without them the pipes end when the child does.
    failure.write.Reset();
    events.write.Reset();
    int error = 0;
    ASSIGN_OR_RETURN(const size_t got, ReadSome(failure.read.get(), reinterpret_cast<char*>(&error), sizeof(error)));
    if (got == sizeof(error)) return FromErrno(error, absl::StrCat("cannot start '", options.argv[0], "'"));
    return process;
  }

 private:
  absl::StatusOr<pid_t> SpawnOnEternalThread(const SpawnPlan& plan, const std::string& program) {
    pid_t pid = -1;
    int error = 0;
    absl::Notification done;
    RETURN_IF_ERROR(thread_.Schedule([&] {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, nullptr);
      pid = Spawn(plan);
      error = errno;
      done.Notify();
    }));
    done.WaitForNotification();
    if (pid < 0) return FromErrno(error, absl::StrCat("cannot start '", program, "'"));
    return pid;
  }

  WorkerPool thread_{"launcher", 1, kMaxWaitingLaunches};
};

}  // namespace

ProcessLauncher* ProcessLauncher::Posix() {
  static PosixLauncher* const launcher = new PosixLauncher;
  return launcher;
}

}  // namespace facet
