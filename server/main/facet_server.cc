// SPDX-License-Identifier: Apache-2.0
#include "server/main/facet_server.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "server/core/config/listen_address.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/device_faults.h"
#include "server/core/jobs/job_manager.h"
#include "server/core/metrics/metrics.h"
#include "server/core/models/bundled_models.h"
#include "server/core/models/model_registry.h"
#include "server/core/render/render_engine.h"
#include "server/core/resource_name.h"
#include "server/core/store/store.h"
#include "server/core/streams/batch_stream.h"
#include "server/core/streams/classifier_judge.h"
#include "server/main/address_file.h"
#include "server/main/fault_count.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/listening.h"

namespace facet::server {
namespace {

// A faulty device completes nothing more; what is left are errors to deliver.
constexpr absl::Duration kFaultDrain = absl::Seconds(2);
// Between two looks at whether the database is still in its place.
constexpr absl::Duration kLookAtStore = absl::Seconds(2);

class FacetServerImpl final : public FacetServer {
 public:
  FacetServerImpl(const ServerOptions& options, const ServerEnvironment& environment)
      : options_(options), env_(environment) {}
  ~FacetServerImpl() override;

  absl::Status Start();

  const std::vector<std::string>& addresses() const override { return grpc_->addresses(); }
  const std::string& metrics_address() const override { return metrics_address_; }
  std::shared_ptr<grpc::Channel> InProcessChannel(const grpc::ChannelArguments& arguments) override {
    return grpc_->InProcessChannel(arguments);
  }
  absl::Status Run() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Shutdown() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    shutdown_ = true;
  }

 private:
  std::string StatePath(absl::string_view name) const { return absl::StrCat(options_.state_dir, "/", name); }

  // The steps of Start, in this order.
  absl::Status CheckAddresses() const;
  absl::Status OpenState();
  absl::Status ServeMetrics();
  absl::Status MakeModels();
  void PublishBundled();
  absl::Status MakeJobs();
  absl::Status MakeRendering();
  absl::Status ServeCalls();
  void WriteAddressFile();
  void Announce();

  void WarnOfUnknown(const std::string& folder) const;
  absl::StatusOr<FoundModel> FindModel(const std::string& name);
  void OnDeviceFault(const absl::Status& fault) ABSL_LOCKS_EXCLUDED(mutex_);
  // Blocks until a shutdown is asked for or a device has failed, and looks after
  // the store meanwhile; OK or the fault.
  absl::Status AwaitEnd() ABSL_LOCKS_EXCLUDED(mutex_);
  void LookAtStore();
  void SetServing(bool serving);
  void Drain(absl::Time deadline);

  const ServerOptions options_;
  const ServerEnvironment env_;
  std::string metrics_address_;

  absl::Mutex mutex_;
  bool shutdown_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> fault_ ABSL_GUARDED_BY(mutex_);
  bool store_in_place_ = true;  // of Run's thread

  // Each stands on those before it.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<DeviceFaults> device_faults_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<DatasetRegistry> datasets_;
  std::unique_ptr<ModelRegistry> models_;
  std::unique_ptr<JobManager> jobs_;
  std::unique_ptr<RenderEngine> engine_;
  std::unique_ptr<BatchStreamFactory> streams_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<AddressFile> address_file_;
};

FacetServerImpl::~FacetServerImpl() {
  if (metrics_ != nullptr) metrics_->SetReady(false);
}

absl::Status FacetServerImpl::Start() {
  RETURN_IF_ERROR(options_.Validate());
  // Before anything is begun that would have to be stopped again.
  RETURN_IF_ERROR(CheckAddresses());
  metrics_ = Metrics::Create({FACET_VERSION, [file_system = env_.file_system, folder = options_.state_dir] {
                                return file_system->FreeBytes(folder);
                              }});
  metrics_->SetReady(false);
  device_faults_ =
      std::make_unique<DeviceFaults>(metrics_.get(), [this](const absl::Status& fault) { OnDeviceFault(fault); });
  RETURN_IF_ERROR(OpenState());
  RETURN_IF_ERROR(ServeMetrics());
  RETURN_IF_ERROR(MakeModels());
  if (options_.bundled_models) PublishBundled();
  RETURN_IF_ERROR(MakeRendering());
  RETURN_IF_ERROR(MakeJobs());
  RETURN_IF_ERROR(ServeCalls());
  WriteAddressFile();
  Announce();
  return absl::OkStatus();
}

absl::Status FacetServerImpl::CheckAddresses() const {
  for (const std::string& text : options_.listen) {
    ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(text));
    RETURN_IF_ERROR(CheckCanListen(address));
  }
  return absl::OkStatus();
}

absl::Status FacetServerImpl::OpenState() {
  absl::Status made = env_.file_system->CreateDirs(options_.state_dir);
  if (!made.ok()) return WithReason(Annotate(made, "cannot use the state folder"), "STATE_UNUSABLE");
  auto store = Store::Open(StatePath("facet.db"), {options_.jobs.max_progress_events});
  if (!store.ok()) {
    absl::Status status = Annotate(store.status(), "cannot use the state folder");
    const bool has_reason = GetErrorDetail(status).reason != absl::StatusCodeToString(status.code());
    return has_reason ? status : WithReason(std::move(status), "STATE_UNUSABLE");
  }
  store_ = *std::move(store);
  DatasetRegistryOptions datasets;
  datasets.root = StatePath("datasets");
  datasets.bundled_dir = options_.data_dir;
  datasets.import_roots = options_.import_roots;
  datasets.max_upload_bytes = static_cast<uint64_t>(options_.limits.max_upload_mib) << 20;
  datasets.file_system = env_.file_system;
  datasets.clock = env_.clock;
  datasets.store = store_.get();
  datasets.on_unknown_folder = [this](const std::string& folder) { WarnOfUnknown(folder); };
  ASSIGN_OR_RETURN(datasets_, DatasetRegistry::Create(std::move(datasets)));
  // Those that ended the servers before, which nobody may have read of.
  ASSIGN_OR_RETURN(const int faults, ReadFaultCount(*env_.file_system, options_.state_dir));
  for (int i = 0; i < faults; ++i) metrics_->DeviceFault();
  return absl::OkStatus();
}

void FacetServerImpl::WarnOfUnknown(const std::string& folder) const {
  env_.log->Write(LogSeverity::kWarning, "a version is in no table: the database is older, or another one",
                  {{"folder", folder}});
}

absl::Status FacetServerImpl::ServeMetrics() {
  if (!options_.serves_metrics()) return absl::OkStatus();
  ASSIGN_OR_RETURN(metrics_address_, metrics_->Serve(options_.metrics));
  return absl::OkStatus();
}

absl::Status FacetServerImpl::MakeModels() {
  ModelRegistryOptions models;
  models.root = StatePath("models");
  models.max_loaded = options_.limits.max_loaded_models;
  models.renderer.device = options_.render.device;
  models.renderer.threads = options_.render.threads;
  models.renderer.max_batch = options_.render.max_batch;
  models.file_system = env_.file_system;
  models.clock = env_.clock;
  models.steady_clock = env_.steady_clock;
  models.store = store_.get();
  models.metrics = metrics_.get();
  models.device_faults = device_faults_.get();
  models.on_unknown_folder = [this](const std::string& folder) { WarnOfUnknown(folder); };
  ASSIGN_OR_RETURN(models_, ModelRegistry::Create(std::move(models)));
  return absl::OkStatus();
}

void FacetServerImpl::PublishBundled() {
  const std::string folder = absl::StrCat(options_.data_dir, "/models");
  for (const auto& model : PublishBundledModels(*env_.file_system, *store_, folder, *models_)) {
    if (model.ok()) {
      env_.log->Write(LogSeverity::kInfo, absl::StrCat("published ", model->name(), ", which ships with the server"));
    } else {
      env_.log->Write(LogSeverity::kWarning, "a bundled model could not be published",
                      {{"error", std::string(model.status().message())}});
    }
  }
}

absl::Status FacetServerImpl::MakeRendering() {
  RenderEngineOptions engine;
  engine.max_batch = options_.render.max_batch;
  engine.max_queue = options_.limits.max_render_queue;
  engine.batch_wait = options_.render.batch_wait;
  engine.clock = env_.steady_clock;
  engine.metrics = metrics_.get();
  engine.device_faults = device_faults_.get();
  ASSIGN_OR_RETURN(engine_, RenderEngine::Create(std::move(engine)));
  BatchStreamFactoryOptions streams;
  streams.max_streams = options_.limits.max_streams;
  streams.max_message_bytes = static_cast<uint64_t>(options_.limits.max_message_mib) << 20;
  streams.chunk_images = options_.render.max_batch;
  streams.models = models_.get();
  streams.datasets = datasets_.get();
  streams.judges = JudgeByModels(models_.get());
  streams.engine = engine_.get();
  streams.metrics = metrics_.get();
  streams.clock = env_.steady_clock;
  ASSIGN_OR_RETURN(streams_, BatchStreamFactory::Create(streams));
  return absl::OkStatus();
}

absl::Status FacetServerImpl::MakeJobs() {
  if (!env_.file_system->Exists(options_.trainer_path)) {
    env_.log->Write(LogSeverity::kWarning, "the trainer is not there: training jobs will fail",
                    {{"trainer_path", options_.trainer_path}});
  }
  JobManagerOptions jobs;
  jobs.root = StatePath("jobs");
  jobs.preset_dir = absl::StrCat(options_.data_dir, "/presets");
  jobs.trainer_path = options_.trainer_path;
  jobs.max_queued = options_.limits.max_queued_jobs;
  jobs.max_running = options_.limits.max_running_jobs;
  jobs.stop_grace = options_.limits.drain;
  jobs.max_silence = options_.jobs.max_silence;
  jobs.device = options_.jobs.device;
  jobs.max_restarts = options_.jobs.max_restarts;
  jobs.restart_backoff = options_.jobs.restart_backoff;
  jobs.retention.max_ended = options_.jobs.max_ended;
  jobs.retention.max_age = options_.jobs.max_age;
  jobs.retention.checkpoints_age = options_.jobs.checkpoints_age;
  jobs.on_warning = [this](const std::string& job, const std::string& what, const std::string& why) {
    env_.log->Write(LogSeverity::kWarning, what, {{"job", job}, {"error", why}});
  };
  jobs.find_model = [this](const std::string& name) { return FindModel(name); };
  jobs.file_system = env_.file_system;
  jobs.clock = env_.clock;
  jobs.steady_clock = env_.steady_clock;
  jobs.launcher = env_.launcher;
  jobs.store = store_.get();
  jobs.datasets = datasets_.get();
  jobs.metrics = metrics_.get();
  ASSIGN_OR_RETURN(jobs_, JobManager::Create(std::move(jobs)));
  return absl::OkStatus();
}

absl::StatusOr<FoundModel> FacetServerImpl::FindModel(const std::string& name) {
  v1::GetModelRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(v1::ModelVersion version, models_->Get(request));
  ASSIGN_OR_RETURN(const ModelName found, ParseModelName(version.name(), "name"));
  return FoundModel{std::move(version), StatePath(absl::StrCat("models/", found.id, "/", found.version))};
}

absl::Status FacetServerImpl::ServeCalls() {
  GrpcServerOptions grpc;
  grpc.listen = options_.listen;
  grpc.max_message_mib = options_.limits.max_message_mib;
  grpc.max_render_vectors = options_.limits.max_render_batch;
  grpc.max_stream_vectors = options_.limits.max_render_stream;
  grpc.max_imports = options_.limits.max_imports;
  grpc.max_calls = options_.limits.max_calls;
  CoreParts parts;
  parts.datasets = datasets_.get();
  parts.models = models_.get();
  parts.jobs = jobs_.get();
  parts.engine = engine_.get();
  parts.streams = streams_.get();
  parts.metrics = metrics_.get();
  parts.clock = env_.steady_clock;
  parts.log = env_.log;
  ASSIGN_OR_RETURN(grpc_, GrpcServer::Create(grpc, parts));
  return absl::OkStatus();
}

void FacetServerImpl::WriteAddressFile() {
  auto file = AddressFile::Write(env_.file_system, options_.state_dir, grpc_->addresses(), metrics_address_);
  if (file.ok()) {
    address_file_ = *std::move(file);
    return;
  }
  // Whoever needs the file finds none; a full disk is to be tidied up through a
  // server that runs.
  env_.log->Write(LogSeverity::kWarning, "the file with the addresses could not be written",
                  {{"error", std::string(file.status().message())}});
}

void FacetServerImpl::Announce() {
  SetServing(true);
  for (const std::string& address : grpc_->addresses()) {
    env_.log->Write(LogSeverity::kInfo, absl::StrCat("listening on ", address));
  }
  if (!metrics_address_.empty()) {
    env_.log->Write(LogSeverity::kInfo, absl::StrCat("metrics on http://", metrics_address_, "/metrics"));
  }
}

void FacetServerImpl::OnDeviceFault(const absl::Status& fault) {
  absl::MutexLock lock(&mutex_);
  if (!fault_.has_value()) fault_ = fault;
}

absl::Status FacetServerImpl::AwaitEnd() {
  auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return shutdown_ || fault_.has_value(); };
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time next = env_.steady_clock->Now() + kLookAtStore;
      if (env_.steady_clock->AwaitUntil(mutex_, absl::Condition(&ended), next)) {
        return fault_.value_or(absl::OkStatus());
      }
    }
    LookAtStore();
  }
}

void FacetServerImpl::LookAtStore() {
  const absl::Status status = store_->CheckInPlace();
  if (status.ok() == store_in_place_) return;
  store_in_place_ = status.ok();
  if (status.ok()) {
    env_.log->Write(LogSeverity::kInfo, "the database is in its place again");
  } else {
    env_.log->Write(LogSeverity::kError, "the database is gone: changes are refused",
                    {{"error", std::string(status.message())}});
  }
  SetServing(store_in_place_);
}

void FacetServerImpl::SetServing(bool serving) {
  grpc_->SetServing(serving);
  metrics_->SetReady(serving);
}

absl::Status FacetServerImpl::Run() {
  const absl::Status result = AwaitEnd();
  if (!result.ok()) {
    env_.log->Write(LogSeverity::kError, "the compute device has failed", {{"error", std::string(result.message())}});
    const absl::Status counted = AddToFaultCount(*env_.file_system, options_.state_dir);
    if (!counted.ok()) {
      env_.log->Write(LogSeverity::kWarning, "the next server will not know of the fault",
                      {{"error", std::string(counted.message())}});
    }
  }
  const absl::Duration patience = result.ok() ? options_.limits.drain : std::min(kFaultDrain, options_.limits.drain);
  Drain(env_.steady_clock->Now() + patience);
  return result;
}

void FacetServerImpl::Drain(absl::Time deadline) {
  env_.log->Write(LogSeverity::kInfo, "shutting down");
  SetServing(false);
  grpc_->RefuseCalls();
  // Trainers save while calls end.
  Thread jobs("jobs-shutdown", [this] { jobs_->Shutdown(); });
  const bool idle = grpc_->AwaitIdle(deadline);
  if (!idle) {
    env_.log->Write(LogSeverity::kWarning,
                    "the drain time is over; calls that are in flight or still arrive are cut off");
    grpc_->CutOffCalls();
  }
  engine_->Drain(deadline);
  jobs.Join();
  address_file_.reset();
  env_.log->Write(LogSeverity::kInfo, "shut down");
}

}  // namespace

absl::StatusOr<std::unique_ptr<FacetServer>> FacetServer::Create(const ServerOptions& options,
                                                                 const ServerEnvironment& environment) {
  auto server = std::make_unique<FacetServerImpl>(options, environment);
  RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace facet::server
