// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_FACET_SERVER_H_
#define FACET_SERVER_MAIN_FACET_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/process.h"
#include "server/core/config/server_options.h"
#include "server/rpc/log.h"

namespace facet::server {

// What the server has of the machine; all outlive it.
struct ServerEnvironment {
  FileSystem* file_system = FileSystem::Posix();
  Clock* clock = Clock::Real();           // stamps what people read
  Clock* steady_clock = Clock::Steady();  // deadlines, durations
  ProcessLauncher* launcher = ProcessLauncher::Posix();
  Log* log = nullptr;
};

// The whole server in one object: store, data sets, models, jobs, engine,
// streams, metrics and gRPC, put together. facetd is this and a signal handler;
// tests run it in their own process.
//
//   ASSIGN_OR_RETURN(auto server, FacetServer::Create(options, environment));
//   ... elsewhere, at some time: server->Shutdown();
//   absl::Status status = server->Run();
//
// Serves from Create to the end of Run. Thread-safe but for Run, which is called
// once.
class FacetServer {
 public:
  // `options` are complete (see ResolvePaths) and are validated again. Errors
  // say what to do; ExitCodeOfStart sorts them. UNAVAILABLE (ADDRESS_IN_USE,
  // METRICS_ADDRESS_UNAVAILABLE): a port is taken. FAILED_PRECONDITION
  // (STATE_IN_USE): another server has the state folder. Reason STATE_UNUSABLE:
  // the state folder cannot be made or written. Nothing is left running.
  static absl::StatusOr<std::unique_ptr<FacetServer>> Create(const ServerOptions& options,
                                                             const ServerEnvironment& environment);
  // Ends what still runs, without draining.
  virtual ~FacetServer() = default;

  // gRPC addresses with the ports that were found; empty metrics address: none.
  virtual const std::vector<std::string>& addresses() const = 0;
  virtual const std::string& metrics_address() const = 0;
  virtual std::shared_ptr<grpc::Channel> InProcessChannel(const grpc::ChannelArguments& arguments) = 0;

  // Blocks until Shutdown or a device fault, then drains: health and metric say
  // NOT_SERVING, then new calls are refused, then calls in flight may go on for
  // the drain time, and trainers save and stop. OK after a Shutdown; the
  // device's error after a fault.
  virtual absl::Status Run() = 0;

  // Lets Run end; returns at once.
  virtual void Shutdown() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_FACET_SERVER_H_
