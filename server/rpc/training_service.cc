// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/training_service.h"

#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "facet/v1/training.grpc.pb.h"
#include "server/core/resource_name.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/watch_job_call.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using Base = ServiceStack<v1::TrainingService::Service, v1::TrainingService::WithRawCallbackMethod_CreateTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_GetTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_ListTrainingJobs,
                          v1::TrainingService::WithRawCallbackMethod_WatchTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_PauseTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_ResumeTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_CancelTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_DeleteTrainingJob,
                          v1::TrainingService::WithRawCallbackMethod_PublishModel,
                          v1::TrainingService::WithRawCallbackMethod_GetTrainingCurve,
                          v1::TrainingService::WithRawCallbackMethod_GetTrainingSamples,
                          v1::TrainingService::WithRawCallbackMethod_ReadTrainingLog,
                          v1::TrainingService::WithRawCallbackMethod_GetDiskUsage>;

class TrainingServiceAdapter final : public Base {
 public:
  TrainingServiceAdapter(const RpcEnvironment& environment, JobManager* jobs, ModelRegistry* models)
      : environment_(environment), jobs_(jobs), models_(models) {}

  ServerUnaryReactor* CreateTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::CreateTrainingJobRequest>(
        environment_, context, "facet.v1.TrainingService/CreateTrainingJob", request, response,
        [this](const auto& r) { return jobs_->CreateJob(r); }, environment_.create_workers);
  }
  ServerUnaryReactor* GetTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                     ByteBuffer* response) override {
    return ServeUnary<v1::GetTrainingJobRequest>(environment_, context, "facet.v1.TrainingService/GetTrainingJob",
                                                 request, response, [this](const auto& r) { return jobs_->Get(r); });
  }
  ServerUnaryReactor* ListTrainingJobs(CallbackServerContext* context, const ByteBuffer* request,
                                       ByteBuffer* response) override {
    return ServeUnary<v1::ListTrainingJobsRequest>(environment_, context, "facet.v1.TrainingService/ListTrainingJobs",
                                                   request, response, [this](const auto& r) { return jobs_->List(r); });
  }
  grpc::ServerWriteReactor<ByteBuffer>* WatchTrainingJob(CallbackServerContext* context,
                                                         const ByteBuffer* request) override {
    return StreamWriter::Launch(std::make_shared<WatchJobCall>(environment_, context, jobs_, request));
  }
  ServerUnaryReactor* PauseTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                       ByteBuffer* response) override {
    return ServeUnary<v1::PauseTrainingJobRequest>(environment_, context, "facet.v1.TrainingService/PauseTrainingJob",
                                                   request, response,
                                                   [this](const auto& r) { return jobs_->Pause(r); });
  }
  ServerUnaryReactor* ResumeTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::ResumeTrainingJobRequest>(environment_, context, "facet.v1.TrainingService/ResumeTrainingJob",
                                                    request, response,
                                                    [this](const auto& r) { return jobs_->Resume(r); });
  }
  ServerUnaryReactor* CancelTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::CancelTrainingJobRequest>(environment_, context, "facet.v1.TrainingService/CancelTrainingJob",
                                                    request, response,
                                                    [this](const auto& r) { return jobs_->Cancel(r); });
  }
  ServerUnaryReactor* DeleteTrainingJob(CallbackServerContext* context, const ByteBuffer* request,
                                        ByteBuffer* response) override {
    return ServeUnary<v1::DeleteTrainingJobRequest>(environment_, context, "facet.v1.TrainingService/DeleteTrainingJob",
                                                    request, response,
                                                    [this](const auto& r) { return jobs_->Delete(r); });
  }
  ServerUnaryReactor* PublishModel(CallbackServerContext* context, const ByteBuffer* request,
                                   ByteBuffer* response) override {
    return ServeUnary<v1::PublishModelRequest>(
        environment_, context, "facet.v1.TrainingService/PublishModel", request, response,
        [this](const auto& r) { return Publish(r); }, environment_.model_workers);
  }
  ServerUnaryReactor* GetTrainingCurve(CallbackServerContext* context, const ByteBuffer* request,
                                       ByteBuffer* response) override {
    return ServeUnary<v1::GetTrainingCurveRequest>(environment_, context, "facet.v1.TrainingService/GetTrainingCurve",
                                                   request, response,
                                                   [this](const auto& r) { return jobs_->GetCurve(r); });
  }
  ServerUnaryReactor* GetTrainingSamples(CallbackServerContext* context, const ByteBuffer* request,
                                         ByteBuffer* response) override {
    return ServeUnary<v1::GetTrainingSamplesRequest>(environment_, context,
                                                     "facet.v1.TrainingService/GetTrainingSamples", request, response,
                                                     [this](const auto& r) { return jobs_->GetSamples(r); });
  }
  ServerUnaryReactor* ReadTrainingLog(CallbackServerContext* context, const ByteBuffer* request,
                                      ByteBuffer* response) override {
    return ServeUnary<v1::ReadTrainingLogRequest>(environment_, context, "facet.v1.TrainingService/ReadTrainingLog",
                                                  request, response,
                                                  [this](const auto& r) { return jobs_->ReadLog(r); });
  }
  ServerUnaryReactor* GetDiskUsage(CallbackServerContext* context, const ByteBuffer* request,
                                   ByteBuffer* response) override {
    return ServeUnary<v1::GetDiskUsageRequest>(environment_, context, "facet.v1.TrainingService/GetDiskUsage", request,
                                               response, [this](const auto& r) { return jobs_->GetDiskUsage(r); });
  }

 private:
  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest& request) {
    ASSIGN_OR_RETURN(const std::string job, ParseJobName(request.name(), "name"));
    // First, for a repeated request: the job may be gone, and its bundle.
    ASSIGN_OR_RETURN(std::optional<v1::ModelVersion> version, models_->FindPublished(request));
    if (!version.has_value()) {
      ASSIGN_OR_RETURN(version, PublishBundle(request, job));
    }
    // The version is there all the same: the job may have been deleted meanwhile,
    // and what the disk has no room for is a note.
    const absl::Status noted = jobs_->AddPublished(job, version->name());
    if (!noted.ok() && !absl::IsNotFound(noted)) {
      environment_.log->Write(LogSeverity::kWarning, "a publication could not be noted at its job",
                              {{"job", job}, {"model", version->name()}, {"cause", std::string(noted.message())}});
    }
    return *std::move(version);
  }

  absl::StatusOr<v1::ModelVersion> PublishBundle(const v1::PublishModelRequest& request, const std::string& job) {
    ASSIGN_OR_RETURN(const std::string bundle, jobs_->BundleOf(job));
    auto version = models_->Publish(request, bundle);
    // A bundle that is not whole may be one whose job was deleted meanwhile.
    const bool unread = absl::IsDataLoss(version.status()) || absl::IsNotFound(version.status());
    if (unread) RETURN_IF_ERROR(jobs_->BundleOf(job).status());
    return version;
  }

  const RpcEnvironment environment_;
  JobManager* const jobs_;
  ModelRegistry* const models_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTrainingService(const RpcEnvironment& environment, JobManager* jobs,
                                                   ModelRegistry* models) {
  return std::make_unique<TrainingServiceAdapter>(environment, jobs, models);
}

}  // namespace facet::server
