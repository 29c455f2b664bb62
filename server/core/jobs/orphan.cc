// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/orphan.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/file_system.h"

namespace facet::server {
namespace {

constexpr int kTries = 200;
constexpr absl::Duration kPause = absl::Milliseconds(10);

bool IsFree(int fd) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return false;
  flock(fd, LOCK_UN);
  return true;
}

// The process that wrote its number into the lock; 0: none.
pid_t ReadHolder(int fd) {
  char text[32];
  const ssize_t length = pread(fd, text, sizeof(text), 0);
  int pid = 0;
  return length > 0 && absl::SimpleAtoi(absl::string_view(text, length), &pid) ? pid : 0;
}

// Whether a process has the arguments "--job-dir <job_dir>", which an older
// server wrote "--job_dir": numbers of processes are used again.
bool WorksIn(pid_t pid, const std::string& job_dir) {
  const auto line = FileSystem::Posix()->ReadFile(absl::StrCat("/proc/", pid, "/cmdline"));
  if (!line.ok()) return false;
  const std::vector<absl::string_view> arguments = absl::StrSplit(*line, '\0');
  const auto flag = std::find_if(arguments.begin(), arguments.end(), [](absl::string_view argument) {
    return argument == "--job-dir" || argument == "--job_dir";
  });
  return flag != arguments.end() && flag + 1 != arguments.end() && *(flag + 1) == job_dir;
}

}  // namespace

bool EndOrphan(const std::string& job_dir) {
  const int fd = open(absl::StrCat(job_dir, "/trainer.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;  // no trainer was ever there
  const absl::Cleanup closer = [fd] { close(fd); };
  for (int i = 0; i < kTries; ++i) {
    if (IsFree(fd)) return true;
    const pid_t holder = ReadHolder(fd);
    if (holder > 1 && WorksIn(holder, job_dir)) kill(holder, SIGKILL);
    absl::SleepFor(kPause);
  }
  return IsFree(fd);
}

}  // namespace facet::server
