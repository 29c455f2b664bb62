// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_JOB_LOCK_H_
#define FACET_MODEL_TRAIN_JOB_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace facet::model {

// Keeps a job to one trainer. The kernel lets the lock go when its holder ends,
// however it ends; the file stays. Thread-safe.
class JobLock {
 public:
  // Takes the lock file `path`, making it where there is none; does not block.
  // FAILED_PRECONDITION (reason JOB_LOCKED): another process has it; the
  // message names its process id. NOT_FOUND, PERMISSION_DENIED: the file.
  static absl::StatusOr<std::unique_ptr<JobLock>> Take(const std::string& path);
  ~JobLock();
  JobLock(const JobLock&) = delete;
  JobLock& operator=(const JobLock&) = delete;

 private:
  explicit JobLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_JOB_LOCK_H_
