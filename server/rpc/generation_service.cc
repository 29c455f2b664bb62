// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/generation_service.h"

#include "facet/v1/generation.grpc.pb.h"
#include "server/rpc/render_call.h"
#include "server/rpc/render_stream_call.h"
#include "server/rpc/service_stack.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using Base = ServiceStack<v1::GenerationService::Service, v1::GenerationService::WithRawCallbackMethod_Render,
                          v1::GenerationService::WithRawCallbackMethod_RenderStream>;

class GenerationServiceAdapter final : public Base {
 public:
  explicit GenerationServiceAdapter(const GenerationParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Render(CallbackServerContext* context, const ByteBuffer* request,
                                   ByteBuffer* response) override {
    return RenderCall::Launch(parts_, context, request, response);
  }
  grpc::ServerWriteReactor<ByteBuffer>* RenderStream(CallbackServerContext* context,
                                                     const ByteBuffer* request) override {
    return StreamWriter::Launch(std::make_shared<RenderStreamCall>(parts_, context, request));
  }

 private:
  const GenerationParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGenerationService(const GenerationParts& parts) {
  return std::make_unique<GenerationServiceAdapter>(parts);
}

}  // namespace facet::server
