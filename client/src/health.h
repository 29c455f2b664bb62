// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_HEALTH_H_
#define FACET_CLIENT_SRC_HEALTH_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "facet/client/client.h"

namespace facet::client {

// Asks the server as a whole by gRPC's health checking protocol.
absl::StatusOr<Health> CheckServerHealth(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
                                         const std::string& address);

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_HEALTH_H_
