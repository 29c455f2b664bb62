// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_SHUTTING_DOWN_H_
#define FACET_SERVER_CORE_SHUTTING_DOWN_H_

#include "absl/status/status.h"

namespace facet::server {

// What everybody hears whose work the server no longer takes, or cuts off:
// UNAVAILABLE (SHUTTING_DOWN, RetryInfo).
absl::Status ShuttingDownError();

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_SHUTTING_DOWN_H_
