// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_HEALTH_SERVICE_H_
#define FACET_SERVER_RPC_HEALTH_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "server/rpc/call.h"

namespace facet::server {

// grpc.health.v1.Health for "" and the services it is told. Not gRPC's own,
// whose open watches would hold up every shutdown until the drain time is over.
// Thread-safe.
class HealthService {
 public:
  // NOT_SERVING until told otherwise.
  static std::unique_ptr<HealthService> Create(const RpcEnvironment& environment, std::vector<std::string> services);
  virtual ~HealthService() = default;

  // Of all services at once; whoever watches hears of it.
  virtual void SetServing(bool serving) = 0;
  // Ends all watches with UNAVAILABLE, and refuses new ones with the same.
  virtual void EndWatches() = 0;

  // To be registered with a server.
  virtual grpc::Service* service() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_HEALTH_SERVICE_H_
