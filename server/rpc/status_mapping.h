// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_STATUS_MAPPING_H_
#define FACET_SERVER_RPC_STATUS_MAPPING_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace facet::server {

// The one place where an absl::Status becomes what a client sees; docs/errors.md.
// The code is the same. `google.rpc.Status` rides along with ErrorInfo (reason,
// domain "facet") always, BadRequest for fields, ResourceInfo for a missing
// resource, RetryInfo where a retry can help. The message of a single bad field
// begins with its path unless it names the field anyway. Text is made valid
// UTF-8 and cut so that the whole fits HTTP/2's headers.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_STATUS_MAPPING_H_
