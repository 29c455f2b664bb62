// SPDX-License-Identifier: Apache-2.0
#include "base/file_error.h"

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet {

absl::Status FileError(int error, absl::string_view action, const std::string& path) {
  const std::string message =
      absl::StrCat("cannot ", action, " '", path, "': ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return WithReason(absl::NotFoundError(message), "FILE_NOT_FOUND");
    case EACCES:
    case EPERM:
    case EROFS:
      return WithReason(absl::PermissionDeniedError(message), "FILE_ACCESS_DENIED");
    case ENOSPC:
    case EDQUOT:
      return WithReason(absl::ResourceExhaustedError(message), "DISK_FULL");
    default:
      return WithReason(absl::InternalError(message), "FILE_ERROR");
  }
}

}  // namespace facet
