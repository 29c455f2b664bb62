// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_GRPC_SERVER_H_
#define FACET_SERVER_RPC_GRPC_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/jobs/job_manager.h"
#include "server/core/metrics/metrics.h"
#include "server/core/models/model_registry.h"
#include "server/core/render/render_engine.h"
#include "server/core/streams/batch_stream.h"
#include "server/rpc/log.h"

namespace facet::server {

struct GrpcServerOptions {
  // `host:port`, port 0 for any free one, or `unix:/path`.
  std::vector<std::string> listen = {"127.0.0.1:8470"};
  int max_message_mib = 64;  // either way
  // Memory that gRPC may take for messages on their way, MiB: beyond it gRPC
  // reads less, then closes connections. 0: 32 of the largest messages, at least
  // 1024.
  int transport_mib = 0;
  int max_render_vectors = 256;    // in one Render
  int max_stream_vectors = 65536;  // in one RenderStream
  int render_stream_mib = 1024;    // memory of all RenderStream calls together
  // After so long without taking an image a RenderStream is given up.
  absl::Duration render_stream_patience = absl::Minutes(10);
  int max_imports = 8;  // at once
  // After so long without a message an import is given up.
  absl::Duration import_silence = absl::Minutes(5);
  int max_calls = 4096;      // at once
  int worker_threads = 16;   // for calls that may block
  int model_threads = 8;     // for calls that wait for models
  int classify_threads = 4;  // for Classify
  int dataset_threads = 4;   // for ReadDatasetImages
  int create_threads = 2;    // for making training jobs
  int import_threads = 4;
  int codec_threads = 0;  // 0: all cores
};

// What the services stand on; all outlive the server.
struct CoreParts {
  DatasetRegistry* datasets = nullptr;
  ModelRegistry* models = nullptr;
  JobManager* jobs = nullptr;
  RenderEngine* engine = nullptr;
  BatchStreamFactory* streams = nullptr;
  Metrics* metrics = nullptr;
  Clock* clock = nullptr;  // of deadlines and durations
  Log* log = nullptr;
};

// The five services, health and reflection on one gRPC server. Thread-safe.
// Takes no compressed messages (UNIMPLEMENTED, by gRPC): what they would unpack
// to cannot be bounded.
//
// Life: Create (NOT_SERVING) -> SetServing(true) -> ... -> SetServing(false) ->
// RefuseCalls -> AwaitIdle -> CutOffCalls -> destructor.
class GrpcServer {
 public:
  // Listens. UNAVAILABLE (ADDRESS_IN_USE), PERMISSION_DENIED or
  // INVALID_ARGUMENT with the address in the message.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Create(const GrpcServerOptions& options, const CoreParts& parts);
  // Cancels the calls that are left and waits for their work to end.
  virtual ~GrpcServer() = default;

  // As listened on, with the ports that were found.
  virtual const std::vector<std::string>& addresses() const = 0;
  // A channel that needs no socket.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel(const grpc::ChannelArguments& arguments) = 0;

  // What health checks say.
  virtual void SetServing(bool serving) = 0;
  // New calls get UNAVAILABLE (ShuttingDownError) from now on, and so do those
  // whose request is still on its way, once it is there. Calls that only their
  // client could end (watches, streams of batches, uploads) are cut off, after
  // their batch, with the same.
  virtual void RefuseCalls() = 0;
  // Blocks until no call is in flight or on its way, or `deadline` has come;
  // whether none is. Streams of reflection are not waited for.
  virtual bool AwaitIdle(absl::Time deadline) = 0;
  // Ends the calls that are in flight with ShuttingDownError, and waits a moment
  // for them to go out. Those remain whose client takes nothing, and those whose
  // request is not there.
  virtual void CutOffCalls() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_GRPC_SERVER_H_
