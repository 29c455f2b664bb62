// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_AUGMENTATION_SERVICE_H_
#define FACET_SERVER_RPC_AUGMENTATION_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/core/streams/batch_stream.h"
#include "server/rpc/call.h"

namespace facet::server {

// v1.AugmentationService over a BatchStreamFactory, which outlives the service.
std::unique_ptr<grpc::Service> MakeAugmentationService(const RpcEnvironment& environment, BatchStreamFactory* streams);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_AUGMENTATION_SERVICE_H_
