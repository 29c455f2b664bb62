// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/grpc_server.h"

#include <grpc/compression.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "server/core/config/listen_address.h"
#include "server/rpc/augmentation_service.h"
#include "server/rpc/call_gate.h"
#include "server/rpc/dataset_service.h"
#include "server/rpc/generation_service.h"
#include "server/rpc/health_service.h"
#include "server/rpc/listening.h"
#include "server/rpc/model_service.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/reflection_count.h"
#include "server/rpc/training_service.h"

namespace facet::server {
namespace {

constexpr int kMaxQueuedCalls = 4096;
constexpr int kMaxQueuedCreations = 16;
constexpr int kMaxQueuedImports = 256;
constexpr int kMaxQueuedImages = 4096;
// Of reflection, which is gRPC's and keeps a thread for each stream that is
// open; our services are served by gRPC's other threads, which do not count.
constexpr int kReflectionThreads = 16;
// For statuses to reach their clients, once the calls have ended; most take
// milliseconds.
constexpr absl::Duration kFarewell = absl::Seconds(1);
// Between two looks at the calls that are on their way, of which nobody tells.
constexpr absl::Duration kLookAgain = absl::Milliseconds(10);

std::vector<std::string> ServiceNames() {
  return {"facet.v1.DatasetService", "facet.v1.TrainingService", "facet.v1.ModelService", "facet.v1.GenerationService",
          "facet.v1.AugmentationService"};
}

int CodecThreads(const GrpcServerOptions& options) {
  if (options.codec_threads > 0) return options.codec_threads;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// MiB. Without a limit, max_calls messages of the largest size could come at
// once.
int64_t TransportMib(const GrpcServerOptions& options) {
  if (options.transport_mib > 0) return options.transport_mib;
  return std::max<int64_t>(1024, int64_t{32} * options.max_message_mib);
}

void SetTransportOptions(grpc::ServerBuilder& builder, int max_message_bytes) {
  builder.SetMaxReceiveMessageSize(max_message_bytes);
  builder.SetMaxSendMessageSize(max_message_bytes);
  // Two servers on one port would share its calls unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1024);
  // A client whose machine has vanished is noticed after 80 s; one that pings
  // more often than every 10 s is sent away.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);  // for OpenStreams
}

// gRPC would inflate a message before it looks at its size, and outside of the
// quota: a megabyte could ask for a gigabyte. It refuses compressed calls by
// their metadata; were a message to come through, it would stay as it is.
void RefuseCompression(grpc::ServerBuilder& builder) {
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
}

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(const GrpcServerOptions& options, const CoreParts& parts);
  ~GrpcServerImpl() override;

  absl::Status Listen();

  const std::vector<std::string>& addresses() const override { return addresses_; }
  std::shared_ptr<grpc::Channel> InProcessChannel(const grpc::ChannelArguments& arguments) override {
    return server_->InProcessChannel(arguments);
  }
  void SetServing(bool serving) override { health_->SetServing(serving); }
  void RefuseCalls() override {
    gate_.Close();
    health_->EndWatches();
  }
  bool AwaitIdle(absl::Time deadline) override {
    return gate_.AwaitEmpty(*parts_.clock, deadline) && AwaitArrivals(deadline);
  }
  void CutOffCalls() override {
    gate_.CutOff();
    AwaitIdle(parts_.clock->Now() + kFarewell);
  }

 private:
  // Blocks until no call is on its way, or `deadline` has come; whether none is.
  bool AwaitArrivals(absl::Time deadline);
  int max_message_bytes() const { return options_.max_message_mib << 20; }
  RpcEnvironment Environment();
  GenerationParts Generation();
  absl::Status CheckAddresses();

  const GrpcServerOptions options_;
  const CoreParts parts_;
  std::vector<ListenAddress> listen_;
  std::vector<std::string> addresses_;
  // The server goes first, then the services, then the threads they use.
  CallGate gate_;
  ByteBudget render_stream_memory_;
  WorkerPool workers_;
  WorkerPool model_workers_;
  WorkerPool classify_workers_;
  WorkerPool dataset_workers_;
  WorkerPool create_workers_;
  WorkerPool import_workers_;
  WorkerPool codecs_;
  std::unique_ptr<HealthService> health_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  ReflectionCount reflection_;
  OpenStreams streams_;
  std::unique_ptr<grpc::Server> server_;
};

GrpcServerImpl::GrpcServerImpl(const GrpcServerOptions& options, const CoreParts& parts)
    : options_(options),
      parts_(parts),
      gate_(options.max_calls),
      render_stream_memory_(int64_t{options.render_stream_mib} << 20),
      workers_("rpc", options.worker_threads, kMaxQueuedCalls),
      model_workers_("model", options.model_threads, kMaxQueuedCalls),
      classify_workers_("classify", options.classify_threads, kMaxQueuedCalls),
      dataset_workers_("dataset", options.dataset_threads, kMaxQueuedCalls),
      create_workers_("create", options.create_threads, kMaxQueuedCreations),
      import_workers_("import", options.import_threads, kMaxQueuedImports),
      codecs_("codec", CodecThreads(options), kMaxQueuedImages) {
  const RpcEnvironment environment = Environment();
  health_ = HealthService::Create(environment, ServiceNames());
  services_.push_back(MakeDatasetService(environment, parts_.datasets, &import_workers_, options_.max_imports,
                                         options_.import_silence));
  services_.push_back(MakeTrainingService(environment, parts_.jobs, parts_.models));
  services_.push_back(MakeModelService(environment, parts_.models));
  services_.push_back(MakeGenerationService(Generation()));
  services_.push_back(MakeAugmentationService(environment, parts_.streams));
}

GrpcServerImpl::~GrpcServerImpl() {
  RefuseCalls();
  if (server_ == nullptr) return;
  // Where no call is left, clients close their connections as they are asked to.
  const absl::Duration patience = AwaitIdle(absl::InfinitePast()) ? kFarewell : absl::ZeroDuration();
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(patience));
  server_->Wait();
  // Work goes on that nobody waits for any more; it uses all that is here.
  gate_.AwaitEmpty(*parts_.clock, absl::InfiniteFuture());
}

bool GrpcServerImpl::AwaitArrivals(absl::Time deadline) {
  const auto sum = [](const std::map<int64_t, int>& counts) {
    int total = 0;
    for (const auto& [connection, count] : counts) total += count;
    return total;
  };
  // A connection on which no call was seen once has none left of those that there
  // were; clients that try again and again do not count as calls on their way.
  std::map<int64_t, int> fewest = streams_.Count();
  const int reflections = reflection_.open();  // those that came later are not among the fewest
  while (sum(fewest) > std::min(reflections, reflection_.open())) {
    const absl::Time now = parts_.clock->Now();
    if (now >= deadline) return false;
    absl::Mutex mutex;
    bool never = false;
    {
      absl::MutexLock lock(&mutex);
      parts_.clock->AwaitUntil(mutex, absl::Condition(&never), std::min(deadline, now + kLookAgain));
    }
    const std::map<int64_t, int> counts = streams_.Count();
    for (auto& [connection, count] : fewest) {
      const auto entry = counts.find(connection);
      count = std::min(count, entry == counts.end() ? 0 : entry->second);
    }
  }
  return true;
}

RpcEnvironment GrpcServerImpl::Environment() {
  RpcEnvironment environment;
  environment.clock = parts_.clock;
  environment.metrics = parts_.metrics;
  environment.log = parts_.log;
  environment.gate = &gate_;
  environment.workers = &workers_;
  environment.model_workers = &model_workers_;
  environment.classify_workers = &classify_workers_;
  environment.dataset_workers = &dataset_workers_;
  environment.create_workers = &create_workers_;
  environment.max_message_bytes = max_message_bytes();
  return environment;
}

GenerationParts GrpcServerImpl::Generation() {
  GenerationParts generation;
  generation.environment = Environment();
  generation.models = parts_.models;
  generation.images = {parts_.engine, &codecs_, CodecThreads(options_)};
  generation.max_render_vectors = options_.max_render_vectors;
  generation.max_stream_vectors = options_.max_stream_vectors;
  generation.stream_memory = &render_stream_memory_;
  generation.stream_patience = options_.render_stream_patience;
  return generation;
}

absl::Status GrpcServerImpl::CheckAddresses() {
  for (size_t i = 0; i < options_.listen.size(); ++i) {
    auto address = ParseListenAddress(options_.listen[i]);
    absl::Status status = address.status();
    if (status.ok()) status = CheckCanListen(*address);
    if (!status.ok()) return PrefixField(std::move(status), absl::StrCat("listen[", i, "]"));
    listen_.push_back(*std::move(address));
  }
  return absl::OkStatus();
}

absl::Status GrpcServerImpl::Listen() {
  RETURN_IF_ERROR(CheckAddresses());
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetTransportOptions(builder, max_message_bytes());
  RefuseCompression(builder);
  grpc::ResourceQuota quota("facet");
  quota.Resize(static_cast<size_t>(TransportMib(options_)) << 20);
  quota.SetMaxThreads(kReflectionThreads);
  builder.SetResourceQuota(quota);
  std::vector<int> ports(listen_.size(), 0);
  for (size_t i = 0; i < listen_.size(); ++i) {
    builder.AddListeningPort(listen_[i].ToString(), grpc::InsecureServerCredentials(), &ports[i]);
  }
  builder.RegisterService(health_->service());
  for (auto& service : services_) builder.RegisterService(service.get());
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
  observers.push_back(reflection_.MakeObserver());
  builder.experimental().SetInterceptorCreators(std::move(observers));
  streams_ = OpenStreams::OfServerFrom([&] { server_ = builder.BuildAndStart(); });
  for (size_t i = 0; i < listen_.size(); ++i) {
    if (server_ == nullptr && ports[i] == 0) {
      return WithReason(absl::UnavailableError(absl::StrCat("cannot listen on ", listen_[i].ToString(),
                                                            "; is another server running there?")),
                        "ADDRESS_IN_USE");
    }
    if (listen_[i].is_unix()) {
      // Its folder says who may connect, not the umask.
      chmod(listen_[i].path.c_str(), 0777);
    } else {
      listen_[i].port = ports[i];
    }
    addresses_.push_back(listen_[i].ToString());
  }
  if (server_ == nullptr) return absl::InternalError("gRPC could not start its server");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Create(const GrpcServerOptions& options,
                                                               const CoreParts& parts) {
  auto server = std::make_unique<GrpcServerImpl>(options, parts);
  RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace facet::server
