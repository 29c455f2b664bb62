// SPDX-License-Identifier: Apache-2.0
#include "server/core/shutting_down.h"

#include "absl/time/time.h"
#include "base/error.h"

namespace facet::server {

absl::Status ShuttingDownError() {
  return WithRetryAfter(
      WithReason(absl::UnavailableError("the server is shutting down; try again soon"), "SHUTTING_DOWN"),
      absl::Seconds(1));
}

}  // namespace facet::server
