// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/augmentation_service.h"

#include "facet/v1/augmentation.grpc.pb.h"
#include "server/rpc/batch_stream_call.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/unary_call.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using Base =
    ServiceStack<v1::AugmentationService::Service, v1::AugmentationService::WithRawCallbackMethod_StreamBatches,
                 v1::AugmentationService::WithRawCallbackMethod_DescribeStream>;

class AugmentationServiceAdapter final : public Base {
 public:
  AugmentationServiceAdapter(const RpcEnvironment& environment, BatchStreamFactory* streams)
      : environment_(environment), streams_(streams) {}

  grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* StreamBatches(CallbackServerContext* context) override {
    return BatchStreamCall::Launch(environment_, context, streams_);
  }
  grpc::ServerUnaryReactor* DescribeStream(CallbackServerContext* context, const ByteBuffer* request,
                                           ByteBuffer* response) override {
    return ServeUnary<v1::DescribeStreamRequest>(
        environment_, context, "facet.v1.AugmentationService/DescribeStream", request, response,
        [this](const auto& r) { return streams_->Describe(r); }, environment_.model_workers);
  }

 private:
  const RpcEnvironment environment_;
  BatchStreamFactory* const streams_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAugmentationService(const RpcEnvironment& environment, BatchStreamFactory* streams) {
  return std::make_unique<AugmentationServiceAdapter>(environment, streams);
}

}  // namespace facet::server
