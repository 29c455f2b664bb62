// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_STATUS_H_
#define FACET_CLIENT_SRC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace facet::client {

// Code and message of `status`, its google.rpc details as payloads for
// DescribeError. `address` goes into the message where no server answered.
absl::Status FromGrpc(const grpc::Status& status, const std::string& address);

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_STATUS_H_
