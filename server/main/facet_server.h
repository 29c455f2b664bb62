// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_FACET_SERVER_H_
#define FACET_SERVER_MAIN_FACET_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/process.h"
#include "server/core/config/server_options.h"
#include "server/core/streams/batch_stream.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/log.h"

namespace facet::server {

// What the server takes from its surroundings; all outlive it.
struct Surroundings {
  FileSystem* file_system = FileSystem::Posix();
  Clock* clock = Clock::Real();
  ProcessLauncher* launcher = ProcessLauncher::Posix();
  Log* log = nullptr;
};

// A whole facetd in one object: store, data sets, models, jobs, engine, streams
// and services, made in that order and taken down in the other. Thread-safe.
//
//   auto server = FacetServer::Create(options, surroundings);  // serves now
//   ... until a signal comes, or fault() is no longer OK ...
//   (*server)->Shutdown();
class FacetServer {
 public:
  // `options` has data_dir and trainer_path set. Errors say which setting is
  // the matter: PERMISSION_DENIED for a state folder that cannot be written,
  // FAILED_PRECONDITION where another server has it, UNAVAILABLE for a port in
  // use.
  static absl::StatusOr<std::unique_ptr<FacetServer>> Create(ServerOptions options,
                                                             const Surroundings& surroundings);
  // Shuts down first, if that was not done.
  ~FacetServer();

  // Addresses as listened on; empty where metrics are off.
  const std::vector<std::string>& addresses() const { return grpc_->addresses(); }
  const std::string& metrics_address() const { return metrics_address_; }
  Metrics& metrics() { return *metrics_; }
  std::shared_ptr<grpc::Channel> InProcessChannel(const grpc::ChannelArguments& arguments) {
    return grpc_->InProcessChannel(arguments);
  }

  // Readiness falls, then new calls are refused; what is in flight is completed
  // within limits.drain; trainers save and end. Blocks. Once is enough.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

  // Not OK once a device has failed: the process is to end with an error.
  absl::Status fault() ABSL_LOCKS_EXCLUDED(mutex_);
  // Called once, from the engine's thread, when a device fails.
  void OnFault(std::function<void()> callback) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  FacetServer(ServerOptions options, const Surroundings& surroundings);
  absl::Status Start();
  absl::Status StartCore();
  absl::Status WriteAddressFile();
  void DeviceFailed(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  const ServerOptions options_;
  const Surroundings surroundings_;
  std::string metrics_address_;

  // In the order they are made: each may use those above it.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<DatasetRegistry> datasets_;
  std::unique_ptr<ModelRegistry> models_;
  std::unique_ptr<JobManager> jobs_;
  std::unique_ptr<RenderEngine> engine_;
  std::unique_ptr<BatchStreamFactory> streams_;
  std::unique_ptr<GrpcServer> grpc_;

  absl::Mutex mutex_;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_fault_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_FACET_SERVER_H_
