// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLIENT_H_
#define FACET_CLIENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facet/client/batch_reader.h"    // IWYU pragma: export
#include "facet/client/error.h"           // IWYU pragma: export
#include "facet/client/feature_vector.h"  // IWYU pragma: export
#include "facet/v1/augmentation.pb.h"
#include "facet/v1/dataset.pb.h"
#include "facet/v1/generation.pb.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"

namespace facet::client {

// How to reach a server.
struct ClientOptions {
  // `host:port` or `unix:/path`.
  std::string address = "127.0.0.1:8470";
  // For each unary call, retries included; infinite: none. Streams have none.
  absl::Duration timeout = absl::Seconds(60);
  // Largest message either way.
  int max_message_bytes = 64 << 20;

  // INVALID_ARGUMENT names the bad field.
  absl::Status Validate() const;
};

// What the server says of itself.
enum class Health { kServing, kNotServing, kUnknown };

// A connection to one server. Thread-safe; every method blocks until it is
// done, its timeout has passed or the server is unreachable. A call that the
// server answers with UNAVAILABLE, or that does not reach it, is tried up to 4
// times within a second; an import once; a watch and a stream of batches for as
// long as their `patience` says.
//
// Errors are the server's, code and message; what else it said (reason, field,
// when to retry) is read with DescribeError. UNAVAILABLE where no server can be
// reached.
//
//   auto client = facet::client::Client::Create({.address = "gpu-1:8470"});
//   v1::RenderRequest request;
//   request.set_model("digits");
//   *request.add_vectors() = *facet::client::ParseFeatureVector({"digit=7"});
//   auto answer = (*client)->Render(request);
class Client {
 public:
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);
  virtual ~Client() = default;

  // Called with bytes sent and bytes in all.
  using UploadProgress = std::function<void(uint64_t sent, uint64_t total)>;

  // `spec.source` is a folder on the server, the bundled data, or `upload`; for
  // an upload the files below `local_folder` are sent, links followed; of KDEF's
  // pictures those that the spec chooses. Has no timeout.
  virtual absl::StatusOr<v1::Dataset> ImportDataset(const v1::ImportSpec& spec, const std::string& local_folder,
                                                    UploadProgress progress) = 0;
  // How far an import is that was given `spec.import_id`; from another thread
  // than the one that imports. NOT_FOUND: it is not in progress.
  virtual absl::StatusOr<v1::ImportProgress> GetImportProgress(const std::string& import_id) = 0;
  virtual absl::StatusOr<v1::Dataset> GetDataset(const std::string& name) = 0;
  // All pages; `dataset` as in ListDatasetsRequest.
  virtual absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(const std::string& dataset) = 0;
  virtual absl::StatusOr<v1::ReadDatasetImagesResponse> ReadDatasetImages(
      const v1::ReadDatasetImagesRequest& request) = 0;
  virtual absl::Status DeleteDataset(const std::string& name) = 0;

  // Gives the request a request_id where it has none, so that a repeated try
  // makes no second job.
  virtual absl::StatusOr<v1::TrainingJob> CreateTrainingJob(v1::CreateTrainingJobRequest request) = 0;
  virtual absl::StatusOr<v1::TrainingJob> GetTrainingJob(const std::string& name) = 0;
  // All pages; `states` as in ListTrainingJobsRequest.
  virtual absl::StatusOr<std::vector<v1::TrainingJob>> ListTrainingJobs(
      const std::vector<v1::TrainingJobState>& states = {}) = 0;
  virtual absl::StatusOr<v1::TrainingJob> PauseTrainingJob(const std::string& name, bool now = false) = 0;
  virtual absl::StatusOr<v1::TrainingJob> ResumeTrainingJob(const std::string& name) = 0;
  virtual absl::StatusOr<v1::TrainingJob> CancelTrainingJob(const std::string& name, bool now) = 0;
  virtual absl::Status DeleteTrainingJob(const std::string& name) = 0;
  // Calls `on_event` for each event until the job ends (OK) or `on_event`
  // returns false (CANCELLED). When the connection breaks it connects again
  // and goes on after the last event, for as long as `patience` at a time;
  // `on_break`, if given, hears of each try that failed.
  virtual absl::Status WatchTrainingJob(const std::string& name, int64_t after_revision, absl::Duration patience,
                                        std::function<bool(const v1::TrainingEvent&)> on_event,
                                        std::function<void(const absl::Status&)> on_break = nullptr) = 0;
  virtual absl::StatusOr<v1::TrainingCurve> GetTrainingCurve(const std::string& name) = 0;
  // Step 0: of the newest checkpoint.
  virtual absl::StatusOr<v1::TrainingSamples> GetTrainingSamples(const std::string& name, int step) = 0;
  virtual absl::StatusOr<v1::ReadTrainingLogResponse> ReadTrainingLog(const std::string& name, int64_t offset) = 0;
  virtual absl::StatusOr<v1::DiskUsage> GetDiskUsage() = 0;
  virtual absl::StatusOr<v1::ModelVersion> PublishModel(v1::PublishModelRequest request) = 0;

  virtual absl::StatusOr<std::vector<v1::ModelVersion>> ListModels(const std::string& model) = 0;
  virtual absl::StatusOr<v1::ModelVersion> GetModel(const std::string& name) = 0;
  virtual absl::StatusOr<v1::ModelVersion> LoadModel(const std::string& name) = 0;
  virtual absl::StatusOr<v1::ModelVersion> UnloadModel(const std::string& name) = 0;
  virtual absl::StatusOr<v1::ModelVersion> SetAlias(const std::string& name, const std::string& alias) = 0;
  virtual absl::Status DeleteModel(const std::string& name) = 0;
  virtual absl::StatusOr<v1::ClassifyResponse> Classify(const v1::ClassifyRequest& request) = 0;

  virtual absl::StatusOr<v1::RenderResponse> Render(const v1::RenderRequest& request) = 0;
  // Calls `on_chunk` as images come; returning false ends it (CANCELLED).
  virtual absl::Status RenderStream(const v1::RenderStreamRequest& request,
                                    std::function<bool(const v1::RenderStreamResponse&)> on_chunk) = 0;

  virtual absl::StatusOr<v1::DescribeStreamResponse> DescribeStream(const v1::StreamSpec& spec) = 0;
  // Opens a stream of batches. The reader must not outlive the client.
  virtual absl::StatusOr<std::unique_ptr<BatchReader>> StreamBatches(const BatchReaderOptions& options) = 0;

  virtual absl::StatusOr<Health> CheckHealth() = 0;
};

}  // namespace facet::client

#endif  // FACET_CLIENT_CLIENT_H_
