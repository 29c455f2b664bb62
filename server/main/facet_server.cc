// SPDX-License-Identifier: Apache-2.0
#include "server/main/facet_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {

FacetServer::FacetServer(ServerOptions options, const Surroundings& surroundings)
    : options_(std::move(options)), surroundings_(surroundings) {}

absl::StatusOr<std::unique_ptr<FacetServer>> FacetServer::Create(ServerOptions options,
                                                                 const Surroundings& surroundings) {
  RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<FacetServer> server(new FacetServer(std::move(options), surroundings));
  RETURN_IF_ERROR(server->Start());
  return server;
}

FacetServer::~FacetServer() { Shutdown(); }

absl::Status FacetServer::Start() {
  const absl::Status made = surroundings_.file_system->CreateDirs(options_.state_dir);
  if (!made.ok()) return Annotate(made, "state_dir");
  metrics_ = Metrics::Create();
  RETURN_IF_ERROR(StartCore());
  GrpcServerOptions grpc;
  grpc.listen = options_.listen;
  grpc.max_message_mib = options_.limits.max_message_mib;
  grpc.max_render_vectors = options_.limits.max_render_batch;
  grpc.max_stream_vectors = options_.limits.max_render_stream;
  grpc.max_imports = options_.limits.max_imports;
  grpc.max_calls = options_.limits.max_calls;
  const CoreParts parts{datasets_.get(), models_.get(),  jobs_.get(),         engine_.get(),
                        streams_.get(),  metrics_.get(), surroundings_.clock, surroundings_.log};
  ASSIGN_OR_RETURN(grpc_, GrpcServer::Create(grpc, parts));
  if (options_.serves_metrics()) {
    ASSIGN_OR_RETURN(metrics_address_, metrics_->Serve(options_.metrics));
  }
  RETURN_IF_ERROR(WriteAddressFile());
  grpc_->SetServing(true);
  metrics_->SetReady(true);
  return absl::OkStatus();
}

absl::Status FacetServer::StartCore() {
  const std::string& state = options_.state_dir;
  FileSystem* files = surroundings_.file_system;
  Clock* clock = surroundings_.clock;
  ASSIGN_OR_RETURN(store_, Store::Open(absl::StrCat(state, "/facet.db")));

  DatasetRegistryOptions datasets;
  datasets.root = absl::StrCat(state, "/datasets");
  datasets.bundled_dir = options_.data_dir;
  datasets.import_roots = options_.import_roots;
  datasets.max_upload_bytes = uint64_t{1} * options_.limits.max_upload_mib << 20;
  datasets.file_system = files;
  datasets.clock = clock;
  datasets.store = store_.get();
  ASSIGN_OR_RETURN(datasets_, DatasetRegistry::Create(std::move(datasets)));

  ModelRegistryOptions models;
  models.root = absl::StrCat(state, "/models");
  models.max_loaded = options_.limits.max_loaded_models;
  models.renderer.device = options_.render.device;
  models.renderer.threads = options_.render.threads;
  models.renderer.max_batch = options_.render.max_batch;
  models.file_system = files;
  models.clock = clock;
  models.store = store_.get();
  models.metrics = metrics_.get();
  ASSIGN_OR_RETURN(models_, ModelRegistry::Create(std::move(models)));

  JobManagerOptions jobs;
  jobs.root = absl::StrCat(state, "/jobs");
  jobs.preset_dir = absl::StrCat(options_.data_dir, "/presets");
  jobs.trainer_path = options_.trainer_path;
  jobs.max_queued = options_.limits.max_queued_jobs;
  jobs.max_running = options_.limits.max_running_jobs;
  jobs.file_system = files;
  jobs.clock = clock;
  jobs.launcher = surroundings_.launcher;
  jobs.store = store_.get();
  jobs.datasets = datasets_.get();
  jobs.metrics = metrics_.get();
  ASSIGN_OR_RETURN(jobs_, JobManager::Create(std::move(jobs)));

  RenderEngineOptions engine;
  engine.max_batch = options_.render.max_batch;
  engine.max_queue = options_.limits.max_render_queue;
  engine.batch_wait = options_.render.batch_wait;
  engine.clock = clock;
  engine.metrics = metrics_.get();
  engine.on_device_fault = [this](const absl::Status& status) { DeviceFailed(status); };
  ASSIGN_OR_RETURN(engine_, RenderEngine::Create(std::move(engine)));

  BatchStreamFactoryOptions streams;
  streams.max_streams = options_.limits.max_streams;
  streams.max_message_bytes = uint64_t{1} * options_.limits.max_message_mib << 20;
  streams.models = models_.get();
  streams.engine = engine_.get();
  streams.metrics = metrics_.get();
  streams.clock = clock;
  ASSIGN_OR_RETURN(streams_, BatchStreamFactory::Create(streams));
  return absl::OkStatus();
}

// For scripts that let the server choose its ports.
absl::Status FacetServer::WriteAddressFile() {
  std::string text;
  for (const std::string& address : addresses()) absl::StrAppend(&text, "grpc=", address, "\n");
  if (!metrics_address_.empty()) absl::StrAppend(&text, "metrics=", metrics_address_, "\n");
  return surroundings_.file_system->WriteFileAtomically(absl::StrCat(options_.state_dir, "/facetd.address"), text);
}

void FacetServer::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(shut_down_, true)) return;
  }
  if (grpc_ != nullptr) {
    // Balancers look away before anybody is refused.
    grpc_->SetServing(false);
    metrics_->SetReady(false);
    const absl::Time deadline = surroundings_.clock->Now() + options_.limits.drain;
    grpc_->RefuseCalls();
    grpc_->AwaitIdle(deadline);
    engine_->Drain(deadline);
  }
  if (jobs_ != nullptr) jobs_->Shutdown();
  grpc_.reset();
  streams_.reset();
}

absl::Status FacetServer::fault() {
  absl::MutexLock lock(&mutex_);
  return fault_;
}

void FacetServer::OnFault(std::function<void()> callback) {
  {
    absl::MutexLock lock(&mutex_);
    if (fault_.ok()) {
      on_fault_ = std::move(callback);
      return;
    }
  }
  callback();
}

void FacetServer::DeviceFailed(const absl::Status& status) {
  metrics_->DeviceFault();
  metrics_->SetReady(false);
  grpc_->SetServing(false);
  std::function<void()> callback;
  {
    absl::MutexLock lock(&mutex_);
    fault_ = status;
    callback = std::exchange(on_fault_, nullptr);
  }
  if (callback) callback();
}

}  // namespace facet::server
