// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_DISK_USAGE_H_
#define FACET_SERVER_CORE_JOBS_DISK_USAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// What lies below the state folder, by kind and by job; see v1.DiskUsage. Reads
// folders, not files; what comes and goes meanwhile may be counted or not.
absl::StatusOr<v1::DiskUsage> MeasureDiskUsage(FileSystem& file_system, const std::string& state_dir);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_DISK_USAGE_H_
