// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_ERROR_H_
#define FACET_CLIENT_ERROR_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace facet::client {

// A field of a request that is wrong.
struct FieldViolation {
  std::string field;        // its path
  std::string description;  // what is wrong with it
};

// What a server said beside code and message.
struct ErrorDescription {
  std::string reason;  // ErrorInfo.reason, e.g. "UNKNOWN_CLASS"; may be empty
  std::string field;   // path of the bad field, of several the first; may be empty
  // All bad fields; a stream's recipe is told all its mistakes at once.
  std::vector<FieldViolation> violations;
  std::string resource;  // name of the missing resource; may be empty
  std::optional<absl::Duration> retry_after;
};

// Details of a status that a Client returned.
ErrorDescription DescribeError(const absl::Status& status);

}  // namespace facet::client

#endif  // FACET_CLIENT_ERROR_H_
