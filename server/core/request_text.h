// SPDX-License-Identifier: Apache-2.0
// Bounds of what clients write that is kept: it is in every listing and log.
#ifndef FACET_SERVER_CORE_REQUEST_TEXT_H_
#define FACET_SERVER_CORE_REQUEST_TEXT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace facet::server {

// INVALID_ARGUMENT (reason TEXT_TOO_LONG) for field `field`: more than 16 KiB.
absl::Status ValidateText(absl::string_view text, absl::string_view field);

// INVALID_ARGUMENT (reason BAD_REQUEST_ID) for field `request_id`: more than 64
// bytes, or some that cannot be printed. Empty is none, and fine.
absl::Status ValidateRequestId(absl::string_view id);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_REQUEST_TEXT_H_
