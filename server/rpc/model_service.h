// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_MODEL_SERVICE_H_
#define FACET_SERVER_RPC_MODEL_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/core/models/model_registry.h"
#include "server/rpc/call.h"

namespace facet::server {

// v1.ModelService over a ModelRegistry, which outlives the service. Classify
// answers UNIMPLEMENTED.
std::unique_ptr<grpc::Service> MakeModelService(const RpcEnvironment& environment, ModelRegistry* models);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_MODEL_SERVICE_H_
