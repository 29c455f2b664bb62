// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

absl::Status CannotMake(const std::string& path, int error) {
  const std::string why = std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat("cannot make '", path, "': ", why)), "DISK_FULL");
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return WithReason(absl::PermissionDeniedError(
                        absl::StrCat("cannot write in the folder '", folder, "' as user ", geteuid(), ": ", why,
                                     ". Make it writable for this user, or choose another state folder")),
                    "STORE_NOT_WRITABLE");
}

absl::Status Held(int fd, const std::string& path) {
  char text[32] = {};
  const ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
  const absl::string_view pid = absl::StripAsciiWhitespace(absl::string_view(text, got > 0 ? got : 0));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat(
          "another server", pid.empty() ? "" : absl::StrCat(" (process ", pid, ")"), " uses the state folder '", folder,
          "'. Stop it, or give this server a state folder of its own")),
      "STATE_IN_USE");
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return CannotMake(path, errno);
  std::unique_ptr<FileLock> lock(new FileLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return Held(fd, path);
  // The id is for people only; a full disk must not keep the server down.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0) [[maybe_unused]]
    const ssize_t written = pwrite(fd, pid.data(), pid.size(), 0);
  return lock;
}

FileLock::~FileLock() { close(fd_); }

}  // namespace facet::server
