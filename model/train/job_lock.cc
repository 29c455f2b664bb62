// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

absl::Status CannotOpen(const std::string& path, int error) {
  const std::string message =
      absl::StrCat("cannot open the lock '", path, "': ", std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::PermissionDeniedError(message);
}

// What the holder wrote: its process id.
std::string ReadHolder(int fd) {
  char text[32];
  const ssize_t length = pread(fd, text, sizeof(text), 0);
  return length > 0 ? std::string(text, length) : "unknown";
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobLock>> JobLock::Take(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return CannotOpen(path, errno);
  absl::Cleanup closer = [fd] { close(fd); };
  // flock, not fcntl: it belongs to the open file, so that a second trainer of
  // one process (a test) is kept out, too.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("another trainer (process ", ReadHolder(fd),
                                                                 ") works on this job: it holds '", path,
                                                                 "'. Wait for it to end, or stop it")),
                      "JOB_LOCKED");
  }
  // For the message above alone; a lock without it is as good.
  const std::string holder = absl::StrCat(getpid());
  if (ftruncate(fd, 0) == 0 && pwrite(fd, holder.data(), holder.size(), 0) < 0) errno = 0;
  std::move(closer).Cancel();
  return std::unique_ptr<JobLock>(new JobLock(fd));
}

JobLock::~JobLock() { close(fd_); }

}  // namespace facet::model
