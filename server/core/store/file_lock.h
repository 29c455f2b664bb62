// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_FILE_LOCK_H_
#define FACET_SERVER_CORE_STORE_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace facet::server {

// An exclusive lock on a file, held while this lives. The kernel lets go of it
// when the process ends, however it ends, so that there are no stale locks;
// children do not inherit it.
class FileLock {
 public:
  // Makes the file where there is none and writes the process id into it.
  // FAILED_PRECONDITION (reason STATE_IN_USE): held already; the message names
  // the process. PERMISSION_DENIED, RESOURCE_EXHAUSTED: the file cannot be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_FILE_LOCK_H_
