// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_SAMPLE_FILES_H_
#define FACET_SERVER_CORE_JOBS_SAMPLE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// The sheet of samples `<job_dir>/samples/<step>.png` that the trainer drew with
// a checkpoint; step 0 means the newest. NOT_FOUND: no such sheet; `job` names
// the job in the message.
absl::StatusOr<v1::TrainingSamples> ReadSamples(FileSystem& file_system, const std::string& job_dir,
                                                const std::string& job, int step);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_SAMPLE_FILES_H_
