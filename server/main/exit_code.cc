// SPDX-License-Identifier: Apache-2.0
#include "server/main/exit_code.h"

#include <string>

#include "base/error.h"

namespace facet::server {

ExitCode ExitCodeOfStart(const absl::Status& error) {
  const std::string reason = GetErrorDetail(error).reason;
  if (reason == "ADDRESS_IN_USE" || reason == "ADDRESS_DENIED" || reason == "METRICS_ADDRESS_UNAVAILABLE") {
    return kExitAddress;
  }
  if (reason == "STATE_UNUSABLE" || reason == "STATE_IN_USE" || reason == "STORE_TOO_NEW") return kExitState;
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return kExitConfiguration;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kResourceExhausted:
      return kExitState;
    default:
      return kExitInternal;
  }
}

}  // namespace facet::server
