// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/dataset_service.h"

#include "facet/v1/dataset.grpc.pb.h"
#include "server/rpc/import_call.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/unary_call.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using Base = ServiceStack<
    v1::DatasetService::Service, v1::DatasetService::WithRawCallbackMethod_ImportDataset,
    v1::DatasetService::WithRawCallbackMethod_GetImportProgress, v1::DatasetService::WithRawCallbackMethod_GetDataset,
    v1::DatasetService::WithRawCallbackMethod_ListDatasets, v1::DatasetService::WithRawCallbackMethod_ReadDatasetImages,
    v1::DatasetService::WithRawCallbackMethod_DeleteDataset>;

class DatasetServiceAdapter final : public Base {
 public:
  DatasetServiceAdapter(const RpcEnvironment& environment, DatasetRegistry* datasets, WorkerPool* import_workers,
                        int max_imports, absl::Duration max_silence)
      : environment_(environment), datasets_(datasets), imports_(import_workers, max_imports, max_silence) {}

  grpc::ServerReadReactor<ByteBuffer>* ImportDataset(CallbackServerContext* context, ByteBuffer* response) override {
    return ImportCall::Launch(environment_, context, datasets_, &imports_, response);
  }
  ServerUnaryReactor* GetImportProgress(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::GetImportProgressRequest>(environment_, context, "facet.v1.DatasetService/GetImportProgress",
                                                    request, response,
                                                    [this](const auto& r) { return datasets_->GetImportProgress(r); });
  }
  ServerUnaryReactor* GetDataset(CallbackServerContext* context, const ByteBuffer* request,
                                 ByteBuffer* response) override {
    return ServeUnary<v1::GetDatasetRequest>(environment_, context, "facet.v1.DatasetService/GetDataset", request,
                                             response, [this](const auto& r) { return datasets_->Get(r); });
  }
  ServerUnaryReactor* ListDatasets(CallbackServerContext* context, const ByteBuffer* request,
                                   ByteBuffer* response) override {
    return ServeUnary<v1::ListDatasetsRequest>(environment_, context, "facet.v1.DatasetService/ListDatasets", request,
                                               response, [this](const auto& r) { return datasets_->List(r); });
  }
  ServerUnaryReactor* ReadDatasetImages(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::ReadDatasetImagesRequest>(
        environment_, context, "facet.v1.DatasetService/ReadDatasetImages", request, response,
        [this](const auto& r) { return datasets_->ReadImages(r); }, environment_.dataset_workers);
  }
  ServerUnaryReactor* DeleteDataset(CallbackServerContext* context, const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return ServeUnary<v1::DeleteDatasetRequest>(environment_, context, "facet.v1.DatasetService/DeleteDataset", request,
                                                response, [this](const auto& r) { return datasets_->Delete(r); });
  }

 private:
  const RpcEnvironment environment_;
  DatasetRegistry* const datasets_;
  ImportSlots imports_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDatasetService(const RpcEnvironment& environment, DatasetRegistry* datasets,
                                                  WorkerPool* import_workers, int max_imports,
                                                  absl::Duration max_silence) {
  return std::make_unique<DatasetServiceAdapter>(environment, datasets, import_workers, max_imports, max_silence);
}

}  // namespace facet::server
