// SPDX-License-Identifier: Apache-2.0
#include "facet/client/client.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/src/channel.h"
#include "client/src/health.h"
#include "client/src/kdef_upload.h"
#include "client/src/reconnect.h"
#include "client/src/status.h"
#include "client/src/stream_batch_reader.h"
#include "client/src/upload.h"
#include "facet/v1/augmentation.grpc.pb.h"
#include "facet/v1/dataset.grpc.pb.h"
#include "facet/v1/generation.grpc.pb.h"
#include "facet/v1/model.grpc.pb.h"
#include "facet/v1/training.grpc.pb.h"

namespace facet::client {
namespace {

constexpr int kPageSize = 500;

// RFC 4122, version 4.
std::string RandomUuid() {
  absl::BitGen random;
  const uint64_t high = (absl::Uniform<uint64_t>(random) & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (absl::Uniform<uint64_t>(random) & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                         low & 0xFFFF'FFFF'FFFF);
}

class GrpcClient final : public Client {
 public:
  explicit GrpcClient(ClientOptions options)
      : options_(std::move(options)),
        channel_(MakeChannel(options_)),
        datasets_(v1::DatasetService::NewStub(channel_)),
        training_(v1::TrainingService::NewStub(channel_)),
        models_(v1::ModelService::NewStub(channel_)),
        generation_(v1::GenerationService::NewStub(channel_)),
        augmentation_(v1::AugmentationService::NewStub(channel_)) {}

  absl::StatusOr<v1::Dataset> ImportDataset(const v1::ImportSpec& spec, const std::string& local_folder,
                                            UploadProgress progress) override;

  absl::StatusOr<v1::ImportProgress> GetImportProgress(const std::string& import_id) override {
    v1::GetImportProgressRequest request;
    request.set_import_id(import_id);
    return Call<v1::ImportProgress>(*datasets_, &v1::DatasetService::Stub::GetImportProgress, request);
  }
  absl::StatusOr<v1::Dataset> GetDataset(const std::string& name) override {
    return CallNamed<v1::Dataset>(*datasets_, &v1::DatasetService::Stub::GetDataset, v1::GetDatasetRequest(), name);
  }
  absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(const std::string& dataset) override {
    v1::ListDatasetsRequest request;
    request.set_dataset(dataset);
    return CallPages<v1::ListDatasetsResponse, v1::Dataset>(*datasets_, &v1::DatasetService::Stub::ListDatasets,
                                                            request, &v1::ListDatasetsResponse::datasets);
  }
  absl::StatusOr<v1::ReadDatasetImagesResponse> ReadDatasetImages(
      const v1::ReadDatasetImagesRequest& request) override {
    return Call<v1::ReadDatasetImagesResponse>(*datasets_, &v1::DatasetService::Stub::ReadDatasetImages, request);
  }
  absl::Status DeleteDataset(const std::string& name) override {
    return CallNamed<google::protobuf::Empty>(*datasets_, &v1::DatasetService::Stub::DeleteDataset,
                                              v1::DeleteDatasetRequest(), name)
        .status();
  }

  absl::StatusOr<v1::TrainingJob> CreateTrainingJob(v1::CreateTrainingJobRequest request) override {
    if (request.request_id().empty()) request.set_request_id(RandomUuid());
    return Call<v1::TrainingJob>(*training_, &v1::TrainingService::Stub::CreateTrainingJob, request);
  }
  absl::StatusOr<v1::TrainingJob> GetTrainingJob(const std::string& name) override {
    return CallNamed<v1::TrainingJob>(*training_, &v1::TrainingService::Stub::GetTrainingJob,
                                      v1::GetTrainingJobRequest(), name);
  }
  absl::StatusOr<std::vector<v1::TrainingJob>> ListTrainingJobs(
      const std::vector<v1::TrainingJobState>& states) override {
    v1::ListTrainingJobsRequest request;
    for (const v1::TrainingJobState state : states) request.add_states(state);
    return CallPages<v1::ListTrainingJobsResponse, v1::TrainingJob>(
        *training_, &v1::TrainingService::Stub::ListTrainingJobs, request,
        &v1::ListTrainingJobsResponse::training_jobs);
  }
  absl::StatusOr<v1::TrainingJob> PauseTrainingJob(const std::string& name, bool now) override {
    v1::PauseTrainingJobRequest request;
    request.set_now(now);
    return CallNamed<v1::TrainingJob>(*training_, &v1::TrainingService::Stub::PauseTrainingJob, request, name);
  }
  absl::StatusOr<v1::TrainingJob> ResumeTrainingJob(const std::string& name) override {
    return CallNamed<v1::TrainingJob>(*training_, &v1::TrainingService::Stub::ResumeTrainingJob,
                                      v1::ResumeTrainingJobRequest(), name);
  }
  absl::StatusOr<v1::TrainingJob> CancelTrainingJob(const std::string& name, bool now) override {
    v1::CancelTrainingJobRequest request;
    request.set_now(now);
    return CallNamed<v1::TrainingJob>(*training_, &v1::TrainingService::Stub::CancelTrainingJob, request, name);
  }
  absl::Status DeleteTrainingJob(const std::string& name) override {
    return CallNamed<google::protobuf::Empty>(*training_, &v1::TrainingService::Stub::DeleteTrainingJob,
                                              v1::DeleteTrainingJobRequest(), name)
        .status();
  }
  absl::Status WatchTrainingJob(const std::string& name, int64_t after_revision, absl::Duration patience,
                                std::function<bool(const v1::TrainingEvent&)> on_event,
                                std::function<void(const absl::Status&)> on_break) override;
  absl::StatusOr<v1::TrainingCurve> GetTrainingCurve(const std::string& name) override {
    return CallNamed<v1::TrainingCurve>(*training_, &v1::TrainingService::Stub::GetTrainingCurve,
                                        v1::GetTrainingCurveRequest(), name);
  }
  absl::StatusOr<v1::TrainingSamples> GetTrainingSamples(const std::string& name, int step) override {
    v1::GetTrainingSamplesRequest request;
    request.set_step(step);
    return CallNamed<v1::TrainingSamples>(*training_, &v1::TrainingService::Stub::GetTrainingSamples, request, name);
  }
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadTrainingLog(const std::string& name, int64_t offset) override {
    v1::ReadTrainingLogRequest request;
    request.set_offset(offset);
    return CallNamed<v1::ReadTrainingLogResponse>(*training_, &v1::TrainingService::Stub::ReadTrainingLog, request,
                                                  name);
  }
  absl::StatusOr<v1::DiskUsage> GetDiskUsage() override {
    return Call<v1::DiskUsage>(*training_, &v1::TrainingService::Stub::GetDiskUsage, v1::GetDiskUsageRequest());
  }
  absl::StatusOr<v1::ModelVersion> PublishModel(v1::PublishModelRequest request) override {
    if (request.request_id().empty()) request.set_request_id(RandomUuid());
    return Call<v1::ModelVersion>(*training_, &v1::TrainingService::Stub::PublishModel, request);
  }

  absl::StatusOr<std::vector<v1::ModelVersion>> ListModels(const std::string& model) override {
    v1::ListModelsRequest request;
    request.set_model(model);
    return CallPages<v1::ListModelsResponse, v1::ModelVersion>(*models_, &v1::ModelService::Stub::ListModels, request,
                                                               &v1::ListModelsResponse::models);
  }
  absl::StatusOr<v1::ModelVersion> GetModel(const std::string& name) override {
    return CallNamed<v1::ModelVersion>(*models_, &v1::ModelService::Stub::GetModel, v1::GetModelRequest(), name);
  }
  absl::StatusOr<v1::ModelVersion> LoadModel(const std::string& name) override {
    return CallNamed<v1::ModelVersion>(*models_, &v1::ModelService::Stub::LoadModel, v1::LoadModelRequest(), name);
  }
  absl::StatusOr<v1::ModelVersion> UnloadModel(const std::string& name) override {
    return CallNamed<v1::ModelVersion>(*models_, &v1::ModelService::Stub::UnloadModel, v1::UnloadModelRequest(), name);
  }
  absl::StatusOr<v1::ModelVersion> SetAlias(const std::string& name, const std::string& alias) override {
    v1::SetAliasRequest request;
    request.set_alias(alias);
    return CallNamed<v1::ModelVersion>(*models_, &v1::ModelService::Stub::SetAlias, request, name);
  }
  absl::Status DeleteModel(const std::string& name) override {
    return CallNamed<google::protobuf::Empty>(*models_, &v1::ModelService::Stub::DeleteModel, v1::DeleteModelRequest(),
                                              name)
        .status();
  }
  absl::StatusOr<v1::ClassifyResponse> Classify(const v1::ClassifyRequest& request) override {
    return Call<v1::ClassifyResponse>(*models_, &v1::ModelService::Stub::Classify, request);
  }

  absl::StatusOr<v1::RenderResponse> Render(const v1::RenderRequest& request) override {
    return Call<v1::RenderResponse>(*generation_, &v1::GenerationService::Stub::Render, request);
  }
  absl::Status RenderStream(const v1::RenderStreamRequest& request,
                            std::function<bool(const v1::RenderStreamResponse&)> on_chunk) override;

  absl::StatusOr<v1::DescribeStreamResponse> DescribeStream(const v1::StreamSpec& spec) override {
    v1::DescribeStreamRequest request;
    *request.mutable_spec() = spec;
    return Call<v1::DescribeStreamResponse>(*augmentation_, &v1::AugmentationService::Stub::DescribeStream, request);
  }
  absl::StatusOr<std::unique_ptr<BatchReader>> StreamBatches(const BatchReaderOptions& options) override {
    if (options.prefetch < 1) return absl::InvalidArgumentError("prefetch must be at least 1");
    return std::make_unique<StreamBatchReader>(augmentation_.get(), options_.address, options);
  }

  absl::StatusOr<Health> CheckHealth() override {
    grpc::ClientContext context;
    SetDeadline(context);
    return CheckServerHealth(channel_, context, options_.address);
  }

 private:
  void SetDeadline(grpc::ClientContext& context) const {
    // A deadline after the end of the system's clock would lie in the past.
    if (options_.timeout > absl::Hours(24 * 365)) return;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(options_.timeout));
  }

  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    SetDeadline(context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return FromGrpc(status, options_.address);
    return response;
  }

  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> CallNamed(Stub& stub,
                                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                     Request request, const std::string& name) {
    request.set_name(name);
    return Call<Response>(stub, method, request);
  }

  template <typename Response, typename Item, typename Stub, typename Request>
  absl::StatusOr<std::vector<Item>> CallPages(
      Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
      const google::protobuf::RepeatedPtrField<Item>& (Response::*items)() const) {
    std::vector<Item> all;
    request.set_page_size(kPageSize);
    do {
      auto page = Call<Response>(stub, method, request);
      if (!page.ok()) return page.status();
      const auto& found = ((*page).*items)();
      all.insert(all.end(), found.begin(), found.end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  const ClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::DatasetService::Stub> datasets_;
  const std::unique_ptr<v1::TrainingService::Stub> training_;
  const std::unique_ptr<v1::ModelService::Stub> models_;
  const std::unique_ptr<v1::GenerationService::Stub> generation_;
  const std::unique_ptr<v1::AugmentationService::Stub> augmentation_;
};

absl::StatusOr<v1::Dataset> GrpcClient::ImportDataset(const v1::ImportSpec& spec, const std::string& local_folder,
                                                      UploadProgress progress) {
  UploadFiles files;
  if (spec.has_upload()) {
    auto found = FindUploadFiles(local_folder);
    if (!found.ok()) return found.status();
    files = *std::move(found);
    if (spec.has_kdef()) KeepChosenKdefFiles(spec.kdef(), files);
  }
  grpc::ClientContext context;
  v1::Dataset dataset;
  auto writer = datasets_->ImportDataset(&context, &dataset);
  v1::ImportDatasetRequest request;
  *request.mutable_spec() = spec;
  uint64_t sent = 0;
  absl::Status read_status;
  if (writer->Write(request)) {
    read_status = ForEachChunk(files, [&](const v1::FileChunk& chunk) {
      *request.mutable_chunk() = chunk;
      if (!writer->Write(request)) return false;
      sent += chunk.data().size();
      if (progress) progress(sent, files.total_bytes);
      return true;
    });
  }
  if (read_status.ok()) {
    writer->WritesDone();
  } else {
    context.TryCancel();
  }
  const grpc::Status status = writer->Finish();
  if (!read_status.ok()) return read_status;
  if (!status.ok()) return FromGrpc(status, options_.address);
  return dataset;
}

absl::Status GrpcClient::WatchTrainingJob(const std::string& name, int64_t after_revision, absl::Duration patience,
                                          std::function<bool(const v1::TrainingEvent&)> on_event,
                                          std::function<void(const absl::Status&)> on_break) {
  v1::WatchTrainingJobRequest request;
  request.set_name(name);
  request.set_after_revision(after_revision);
  Reconnect reconnect(patience);
  const absl::Notification never;
  while (true) {
    grpc::ClientContext context;
    auto reader = training_->WatchTrainingJob(&context, request);
    v1::TrainingEvent event;
    bool stopped = false;
    while (reader->Read(&event)) {
      reconnect.Succeeded();
      request.set_after_revision(event.revision());
      if (!stopped && !on_event(event)) {
        stopped = true;
        context.TryCancel();
      }
    }
    absl::Status status = FromGrpc(reader->Finish(), options_.address);
    if (stopped) return absl::CancelledError("watching was stopped");
    if (absl::IsUnavailable(status) && on_break) on_break(status);
    if (status.ok() || !reconnect.Wait(status, never)) return status;
  }
}

absl::Status GrpcClient::RenderStream(const v1::RenderStreamRequest& request,
                                      std::function<bool(const v1::RenderStreamResponse&)> on_chunk) {
  grpc::ClientContext context;
  auto reader = generation_->RenderStream(&context, request);
  v1::RenderStreamResponse chunk;
  bool stopped = false;
  while (reader->Read(&chunk)) {
    if (!stopped && !on_chunk(chunk)) {
      stopped = true;
      context.TryCancel();
    }
  }
  const grpc::Status status = reader->Finish();
  if (stopped) return absl::CancelledError("rendering was stopped");
  return FromGrpc(status, options_.address);
}

}  // namespace

absl::Status ClientOptions::Validate() const {
  if (address.empty()) return absl::InvalidArgumentError("address is empty; give host:port or unix:/path");
  if (timeout <= absl::ZeroDuration()) return absl::InvalidArgumentError("timeout must be above 0");
  if (max_message_bytes <= 0) return absl::InvalidArgumentError("max_message_bytes must be above 0");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  return std::make_unique<GrpcClient>(std::move(options));
}

}  // namespace facet::client
