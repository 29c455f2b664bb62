// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/model_service.h"

#include <limits>

#include "facet/v1/model.grpc.pb.h"
#include "server/core/classify/classify_engine.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/unary_call.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using Base =
    ServiceStack<v1::ModelService::Service, v1::ModelService::WithRawCallbackMethod_ListModels,
                 v1::ModelService::WithRawCallbackMethod_GetModel, v1::ModelService::WithRawCallbackMethod_LoadModel,
                 v1::ModelService::WithRawCallbackMethod_UnloadModel, v1::ModelService::WithRawCallbackMethod_SetAlias,
                 v1::ModelService::WithRawCallbackMethod_DeleteModel, v1::ModelService::WithRawCallbackMethod_Classify>;

// Images may fill a message; they have few fields.
constexpr MessageLimits kImages = {std::numeric_limits<uint64_t>::max(), 1000};

class ModelServiceAdapter final : public Base {
 public:
  ModelServiceAdapter(const RpcEnvironment& environment, ModelRegistry* models)
      : environment_(environment), models_(models), classify_(models) {}

  ServerUnaryReactor* ListModels(CallbackServerContext* context, const ByteBuffer* request,
                                 ByteBuffer* response) override {
    return ServeUnary<v1::ListModelsRequest>(environment_, context, "facet.v1.ModelService/ListModels", request,
                                             response, [this](const auto& r) { return models_->List(r); });
  }
  ServerUnaryReactor* GetModel(CallbackServerContext* context, const ByteBuffer* request,
                               ByteBuffer* response) override {
    return ServeUnary<v1::GetModelRequest>(environment_, context, "facet.v1.ModelService/GetModel", request, response,
                                           [this](const auto& r) { return models_->Get(r); });
  }
  ServerUnaryReactor* LoadModel(CallbackServerContext* context, const ByteBuffer* request,
                                ByteBuffer* response) override {
    return ServeUnary<v1::LoadModelRequest>(
        environment_, context, "facet.v1.ModelService/LoadModel", request, response,
        [this](const auto& r) { return models_->Load(r); }, environment_.model_workers);
  }
  ServerUnaryReactor* UnloadModel(CallbackServerContext* context, const ByteBuffer* request,
                                  ByteBuffer* response) override {
    return ServeUnary<v1::UnloadModelRequest>(environment_, context, "facet.v1.ModelService/UnloadModel", request,
                                              response, [this](const auto& r) { return models_->Unload(r); });
  }
  ServerUnaryReactor* SetAlias(CallbackServerContext* context, const ByteBuffer* request,
                               ByteBuffer* response) override {
    return ServeUnary<v1::SetAliasRequest>(environment_, context, "facet.v1.ModelService/SetAlias", request, response,
                                           [this](const auto& r) { return models_->SetAlias(r); });
  }
  ServerUnaryReactor* DeleteModel(CallbackServerContext* context, const ByteBuffer* request,
                                  ByteBuffer* response) override {
    return ServeUnary<v1::DeleteModelRequest>(environment_, context, "facet.v1.ModelService/DeleteModel", request,
                                              response, [this](const auto& r) { return models_->Delete(r); });
  }
  ServerUnaryReactor* Classify(CallbackServerContext* context, const ByteBuffer* request,
                               ByteBuffer* response) override {
    return ServeUnary<v1::ClassifyRequest>(
        environment_, context, "facet.v1.ModelService/Classify", request, response,
        [this](const v1::ClassifyRequest& r, const Call& call) {
          return classify_.Classify(r, [this, &call] { return StillWanted(call); });
        },
        environment_.classify_workers, kImages);
  }

 private:
  // The deadline is looked at as well: the transport reports it a little late.
  absl::Status StillWanted(const Call& call) const {
    if (call.cancelled()) return call.CancellationStatus();
    if (environment_.clock->Now() < call.deadline()) return absl::OkStatus();
    return absl::DeadlineExceededError("the deadline passed before all images were classified");
  }

  const RpcEnvironment environment_;
  ModelRegistry* const models_;
  ClassifyEngine classify_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeModelService(const RpcEnvironment& environment, ModelRegistry* models) {
  return std::make_unique<ModelServiceAdapter>(environment, models);
}

}  // namespace facet::server
