// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_FILE_ERROR_H_
#define FACET_BASE_FILE_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace facet {

// The status of a system call on `path` that failed with `error` (errno), as
// FileSystem gives it: "cannot open '/a': Permission denied". NOT_FOUND (reason
// FILE_NOT_FOUND), PERMISSION_DENIED (FILE_ACCESS_DENIED), RESOURCE_EXHAUSTED
// (DISK_FULL), INTERNAL (FILE_ERROR) for the rest.
absl::Status FileError(int error, absl::string_view action, const std::string& path);

}  // namespace facet

#endif  // FACET_BASE_FILE_ERROR_H_
