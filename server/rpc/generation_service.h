// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_GENERATION_SERVICE_H_
#define FACET_SERVER_RPC_GENERATION_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "absl/time/time.h"
#include "base/byte_budget.h"
#include "server/core/models/model_registry.h"
#include "server/rpc/call.h"
#include "server/rpc/image_job.h"

namespace facet::server {

// What the calls of the service share; the parts outlive it.
struct GenerationParts {
  RpcEnvironment environment;
  ModelRegistry* models = nullptr;
  ImageParts images;
  int max_render_vectors = 256;
  int max_stream_vectors = 65536;
  // Of all RenderStream calls together: their vectors, and images on their way.
  ByteBudget* stream_memory = nullptr;
  // How long such images wait for a client that takes none.
  absl::Duration stream_patience = absl::Minutes(10);
};

// v1.GenerationService over a RenderEngine.
std::unique_ptr<grpc::Service> MakeGenerationService(const GenerationParts& parts);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_GENERATION_SERVICE_H_
