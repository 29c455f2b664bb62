// SPDX-License-Identifier: Apache-2.0
// `<state>/device_faults`: how many compute devices have failed under the
// servers of a state folder. A server ends with its fault, most likely before
// anybody has read its metrics; the next one tells.
#ifndef FACET_SERVER_MAIN_FAULT_COUNT_H_
#define FACET_SERVER_MAIN_FAULT_COUNT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace facet::server {

// 0 where there is no such file, or it cannot be understood. Errors of the file
// system.
absl::StatusOr<int> ReadFaultCount(FileSystem& file_system, const std::string& state_dir);

// One more. Errors of the file system.
absl::Status AddToFaultCount(FileSystem& file_system, const std::string& state_dir);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_FAULT_COUNT_H_
