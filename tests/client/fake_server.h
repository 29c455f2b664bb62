// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_CLIENT_FAKE_SERVER_H_
#define FACET_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "facet/client/client.h"
#include "facet/v1/augmentation.grpc.pb.h"
#include "facet/v1/dataset.grpc.pb.h"
#include "facet/v1/generation.grpc.pb.h"
#include "facet/v1/model.grpc.pb.h"
#include "facet/v1/training.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"

namespace facet::client {

// A method as a function that a test sets; one that is not set answers
// UNIMPLEMENTED.
template <typename Request, typename Response>
using Method = std::function<grpc::Status(const Request&, Response*)>;

template <typename Function, typename... Arguments>
grpc::Status Answer(const Function& function, Arguments&&... arguments) {
  if (function == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, "the test has set no answer"};
  return function(std::forward<Arguments>(arguments)...);
}

// Images of `height` x `width` as they are answered raw: uint8, NHWC. `data`
// has their bytes, from which their number follows.
inline v1::ImageData RawImages(int height, int width, std::string data) {
  v1::ImageData images;
  images.set_encoding(v1::IMAGE_ENCODING_RAW);
  images.set_pixel_type(v1::PIXEL_TYPE_UINT8);
  images.set_layout(v1::PIXEL_LAYOUT_NHWC);
  const int number = static_cast<int>(data.size()) / (height * width * 3);
  for (const int length : {number, height, width, 3}) images.add_shape(length);
  images.set_data(std::move(data));
  return images;
}

// Answers RenderStream: a grey image of 2 x 2 pixels for each vector.
inline grpc::Status RenderSmallImages(const v1::RenderStreamRequest& request,
                                      grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
  v1::RenderStreamResponse response;
  *response.add_images() = RawImages(2, 2, std::string(size_t{12} * request.vectors_size(), 'x'));
  writer->Write(response);
  return grpc::Status::OK;
}

struct FakeDatasets final : v1::DatasetService::Service {
  std::function<grpc::Status(grpc::ServerReader<v1::ImportDatasetRequest>*, v1::Dataset*)> import;
  Method<v1::GetImportProgressRequest, v1::ImportProgress> progress;
  Method<v1::GetDatasetRequest, v1::Dataset> get;
  Method<v1::ListDatasetsRequest, v1::ListDatasetsResponse> list;
  Method<v1::ReadDatasetImagesRequest, v1::ReadDatasetImagesResponse> read;
  Method<v1::DeleteDatasetRequest, google::protobuf::Empty> remove;

  grpc::Status ImportDataset(grpc::ServerContext*, grpc::ServerReader<v1::ImportDatasetRequest>* reader,
                             v1::Dataset* response) override {
    return Answer(import, reader, response);
  }
  grpc::Status GetImportProgress(grpc::ServerContext*, const v1::GetImportProgressRequest* request,
                                 v1::ImportProgress* response) override {
    return Answer(progress, *request, response);
  }
  grpc::Status GetDataset(grpc::ServerContext*, const v1::GetDatasetRequest* request, v1::Dataset* response) override {
    return Answer(get, *request, response);
  }
  grpc::Status ListDatasets(grpc::ServerContext*, const v1::ListDatasetsRequest* request,
                            v1::ListDatasetsResponse* response) override {
    return Answer(list, *request, response);
  }
  grpc::Status ReadDatasetImages(grpc::ServerContext*, const v1::ReadDatasetImagesRequest* request,
                                 v1::ReadDatasetImagesResponse* response) override {
    return Answer(read, *request, response);
  }
  grpc::Status DeleteDataset(grpc::ServerContext*, const v1::DeleteDatasetRequest* request,
                             google::protobuf::Empty* response) override {
    return Answer(remove, *request, response);
  }
};

struct FakeTraining final : v1::TrainingService::Service {
  Method<v1::CreateTrainingJobRequest, v1::TrainingJob> create;
  Method<v1::GetTrainingJobRequest, v1::TrainingJob> get;
  Method<v1::ListTrainingJobsRequest, v1::ListTrainingJobsResponse> list;
  Method<v1::CancelTrainingJobRequest, v1::TrainingJob> cancel;
  Method<v1::PublishModelRequest, v1::ModelVersion> publish;
  Method<v1::DeleteTrainingJobRequest, google::protobuf::Empty> remove;
  Method<v1::ReadTrainingLogRequest, v1::ReadTrainingLogResponse> log;
  Method<v1::GetDiskUsageRequest, v1::DiskUsage> disk;
  std::function<grpc::Status(const v1::WatchTrainingJobRequest&, grpc::ServerWriter<v1::TrainingEvent>*)> watch;

  grpc::Status CreateTrainingJob(grpc::ServerContext*, const v1::CreateTrainingJobRequest* request,
                                 v1::TrainingJob* response) override {
    return Answer(create, *request, response);
  }
  grpc::Status GetTrainingJob(grpc::ServerContext*, const v1::GetTrainingJobRequest* request,
                              v1::TrainingJob* response) override {
    return Answer(get, *request, response);
  }
  grpc::Status ListTrainingJobs(grpc::ServerContext*, const v1::ListTrainingJobsRequest* request,
                                v1::ListTrainingJobsResponse* response) override {
    return Answer(list, *request, response);
  }
  grpc::Status CancelTrainingJob(grpc::ServerContext*, const v1::CancelTrainingJobRequest* request,
                                 v1::TrainingJob* response) override {
    return Answer(cancel, *request, response);
  }
  grpc::Status PublishModel(grpc::ServerContext*, const v1::PublishModelRequest* request,
                            v1::ModelVersion* response) override {
    return Answer(publish, *request, response);
  }
  grpc::Status DeleteTrainingJob(grpc::ServerContext*, const v1::DeleteTrainingJobRequest* request,
                                 google::protobuf::Empty* response) override {
    return Answer(remove, *request, response);
  }
  grpc::Status GetDiskUsage(grpc::ServerContext*, const v1::GetDiskUsageRequest* request,
                            v1::DiskUsage* response) override {
    return Answer(disk, *request, response);
  }
  grpc::Status ReadTrainingLog(grpc::ServerContext*, const v1::ReadTrainingLogRequest* request,
                               v1::ReadTrainingLogResponse* response) override {
    return Answer(log, *request, response);
  }
  grpc::Status WatchTrainingJob(grpc::ServerContext*, const v1::WatchTrainingJobRequest* request,
                                grpc::ServerWriter<v1::TrainingEvent>* writer) override {
    return Answer(watch, *request, writer);
  }
};

struct FakeModels final : v1::ModelService::Service {
  Method<v1::ListModelsRequest, v1::ListModelsResponse> list;
  Method<v1::GetModelRequest, v1::ModelVersion> get;
  Method<v1::DeleteModelRequest, google::protobuf::Empty> remove;
  Method<v1::SetAliasRequest, v1::ModelVersion> set_alias;
  Method<v1::ClassifyRequest, v1::ClassifyResponse> classify;

  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override {
    return Answer(list, *request, response);
  }
  grpc::Status GetModel(grpc::ServerContext*, const v1::GetModelRequest* request, v1::ModelVersion* response) override {
    return Answer(get, *request, response);
  }
  grpc::Status DeleteModel(grpc::ServerContext*, const v1::DeleteModelRequest* request,
                           google::protobuf::Empty* response) override {
    return Answer(remove, *request, response);
  }
  grpc::Status SetAlias(grpc::ServerContext*, const v1::SetAliasRequest* request, v1::ModelVersion* response) override {
    return Answer(set_alias, *request, response);
  }
  grpc::Status Classify(grpc::ServerContext*, const v1::ClassifyRequest* request,
                        v1::ClassifyResponse* response) override {
    return Answer(classify, *request, response);
  }
};

struct FakeGeneration final : v1::GenerationService::Service {
  Method<v1::RenderRequest, v1::RenderResponse> render;
  std::function<grpc::Status(const v1::RenderStreamRequest&, grpc::ServerWriter<v1::RenderStreamResponse>*)>
      render_stream;

  grpc::Status Render(grpc::ServerContext*, const v1::RenderRequest* request, v1::RenderResponse* response) override {
    return Answer(render, *request, response);
  }
  grpc::Status RenderStream(grpc::ServerContext*, const v1::RenderStreamRequest* request,
                            grpc::ServerWriter<v1::RenderStreamResponse>* writer) override {
    return Answer(render_stream, *request, writer);
  }
};

struct FakeAugmentation final : v1::AugmentationService::Service {
  using Stream = grpc::ServerReaderWriter<v1::StreamBatchesResponse, v1::StreamBatchesRequest>;
  std::function<grpc::Status(Stream*)> stream;
  Method<v1::DescribeStreamRequest, v1::DescribeStreamResponse> describe;

  grpc::Status StreamBatches(grpc::ServerContext*, Stream* call) override { return Answer(stream, call); }
  grpc::Status DescribeStream(grpc::ServerContext*, const v1::DescribeStreamRequest* request,
                              v1::DescribeStreamResponse* response) override {
    return Answer(describe, *request, response);
  }
};

struct FakeHealth final : grpc::health::v1::Health::Service {
  Method<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse> check;
  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override {
    return Answer(check, *request, response);
  }
};

// A real gRPC server whose answers a test sets before its first call. It
// listens on a socket file of its own, so that it can go and come back at the
// same address.
class FakeServer {
 public:
  FakeServer() { Start(); }
  ~FakeServer() { Stop(); }

  std::string address() const { return "unix:" + (dir_ / "s"); }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.SetMaxReceiveMessageSize(-1);
    for (grpc::Service* service :
         std::initializer_list<grpc::Service*>{&datasets, &training, &models, &generation, &augmentation, &health}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  // Breaks the connections; calls in flight are cut off.
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  FakeDatasets datasets;
  FakeTraining training;
  FakeModels models;
  FakeGeneration generation;
  FakeAugmentation augmentation;
  FakeHealth health;

 private:
  TempDir dir_;
  std::unique_ptr<grpc::Server> server_;
};

// An error as facetd sends it.
inline grpc::Status RichStatus(grpc::StatusCode code, const std::string& message, const std::string& reason,
                               const std::string& field = "") {
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("facet");
  details.add_details()->PackFrom(info);
  if (!field.empty()) {
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field(field);
    details.add_details()->PackFrom(bad);
  }
  return {code, message, details.SerializeAsString()};
}

}  // namespace facet::client

#endif  // FACET_TESTS_CLIENT_FAKE_SERVER_H_
