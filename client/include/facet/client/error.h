// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_ERROR_H_
#define FACET_CLIENT_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace facet::client {

// What a server said beside code and message.
struct ErrorDescription {
  std::string reason;    // ErrorInfo.reason, e.g. "UNKNOWN_CLASS"; may be empty
  std::string field;     // path of the bad field; may be empty
  std::string resource;  // name of the missing resource; may be empty
  std::optional<absl::Duration> retry_after;
};

// Details of a status that a Client returned.
ErrorDescription DescribeError(const absl::Status& status);

}  // namespace facet::client

#endif  // FACET_CLIENT_ERROR_H_
