// SPDX-License-Identifier: Apache-2.0
#include "client/src/health.h"

#include "client/src/status.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace facet::client {

absl::StatusOr<Health> CheckServerHealth(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
                                         const std::string& address) {
  namespace health = grpc::health::v1;
  const auto stub = health::Health::NewStub(channel);
  health::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, health::HealthCheckRequest(), &response);
  if (!status.ok()) return FromGrpc(status, address);
  switch (response.status()) {
    case health::HealthCheckResponse::SERVING:
      return Health::kServing;
    case health::HealthCheckResponse::NOT_SERVING:
      return Health::kNotServing;
    default:
      return Health::kUnknown;
  }
}

}  // namespace facet::client
