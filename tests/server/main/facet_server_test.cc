// SPDX-License-Identifier: Apache-2.0
// The whole server in this process: how it starts, what keeps it from starting,
// and how it ends.
#include "server/main/facet_server.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/thread.h"
#include "facet/v1/generation.grpc.pb.h"
#include "facet/v1/model.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "model/bundle/bundle.h"
#include "random_net.h"
#include "server/core/models/model_loader.h"
#include "server/main/exit_code.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/http_get.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/server/core/models/model_samples.h"
#include "tests/server/rpc/fakes/fake_log.h"
#include "tests/server/rpc/fakes/rich_error.h"

namespace facet::server {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;
using testing::Not;

class FacetServerTest : public testing::Test {
 protected:
  FacetServerTest() {
    options_.listen = {"127.0.0.1:0"};
    options_.metrics = "off";
    options_.state_dir = dir_ / "state";
    options_.data_dir = FACET_TEST_DATA_DIR;
    options_.trainer_path = "/bin/false";
    options_.render.device = "cpu";
    options_.render.threads = 1;
    environment_.log = &log_;
  }

  absl::StatusOr<std::unique_ptr<FacetServer>> Create() { return FacetServer::Create(options_, environment_); }
  // A server that must start.
  std::unique_ptr<FacetServer> Start() {
    auto server = Create();
    EXPECT_THAT(server, IsOk());
    return server.ok() ? *std::move(server) : nullptr;
  }

  // Publishes `digits`, 12 x 12 pixels with 6 classes, into the state folder of
  // a server that does not run.
  void PublishModel() {
    const auto store = Store::Open(options_.state_dir + "/facet.db").value();
    const auto metrics = Metrics::Create();
    ModelRegistryOptions models;
    models.root = options_.state_dir + "/models";
    models.file_system = FileSystem::Posix();
    models.clock = Clock::Real();
    models.store = store.get();
    models.metrics = metrics.get();
    const auto registry = ModelRegistry::Create(std::move(models)).value();
    const std::string bundle = dir_ / "bundle";
    const std::string weights = model::MakeNet(PlanFromCard(MakeCard())->nets.generator, 1).File();
    ASSERT_THAT(model::WriteBundle(FileSystem::Posix(), bundle, MakeCard(), weights), IsOk());
    v1::PublishModelRequest request;
    request.set_model_id("digits");
    ASSERT_THAT(registry->Publish(request, bundle), IsOk());
  }

  static std::shared_ptr<grpc::Channel> Connect(const FacetServer& server) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server.addresses()[0], grpc::InsecureChannelCredentials(), arguments);
  }
  static HealthCheckResponse::ServingStatus CheckHealth(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const grpc::Status status = Health::NewStub(channel)->Check(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }
  static grpc::Status ListModels(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    return v1::ModelService::NewStub(channel)->ListModels(&context, {}, &response);
  }
  // Every call gets the server's shutdown as its answer, sooner or later.
  static grpc::Status CallUntilRefused(const std::shared_ptr<grpc::Channel>& channel) {
    while (true) {
      const grpc::Status status = ListModels(channel);
      if (!status.ok()) return status;
    }
  }

  static void AddVector(float share, google::protobuf::RepeatedPtrField<v1::FeatureVector>& vectors) {
    v1::FeatureVector& vector = *vectors.Add();
    for (const float weight : {share, 1 - share, 0.0f, 0.0f, 1.0f, 0.0f}) vector.add_dense(weight);
  }
  static std::string Render(const std::shared_ptr<grpc::Channel>& channel) {
    v1::RenderRequest request;
    request.set_model("digits");
    AddVector(0.25f, *request.mutable_vectors());
    request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    v1::RenderResponse response;
    const grpc::Status status = v1::GenerationService::NewStub(channel)->Render(&context, request, &response);
    return status.ok() ? response.images(0).data() : status.error_message();
  }

  TempDir dir_;
  FakeLog log_;
  ServerOptions options_;
  ServerEnvironment environment_;
};

// A stream of images that its client does not read: a call in flight that
// cannot end on its own, larger than all buffers on the way.
class StalledRender {
 public:
  static constexpr int kImages = 20'000;  // of 1728 bytes

  explicit StalledRender(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::GenerationService::NewStub(channel)) {
    v1::RenderStreamRequest request;
    request.set_model("digits");
    for (int i = 0; i < kImages; ++i) {
      v1::FeatureVector& vector = *request.add_vectors();
      for (const float weight : {1.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f}) vector.add_dense(weight);
    }
    request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
    request.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
    reader_ = stub_->RenderStream(&context_, request);
    EXPECT_TRUE(ReadOne()) << "the call is in flight";
  }

  // Reads to the end; how many images came in all.
  int ReadAll() {
    while (ReadOne()) {
    }
    return images_;
  }
  grpc::Status Finish() { return reader_->Finish(); }

 private:
  bool ReadOne() {
    v1::RenderStreamResponse response;
    if (!reader_->Read(&response)) return false;
    images_ += static_cast<int>(response.images(0).shape(0));
    return true;
  }

  std::unique_ptr<v1::GenerationService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::RenderStreamResponse>> reader_;
  int images_ = 0;
};

TEST_F(FacetServerTest, ServesFromCreateOn) {
  options_.metrics = "127.0.0.1:0";
  const auto server = Start();
  ASSERT_EQ(server->addresses().size(), 1u);
  EXPECT_THAT(server->addresses()[0], Not(HasSubstr(":0")));
  const auto channel = Connect(*server);
  EXPECT_EQ(CheckHealth(channel), HealthCheckResponse::SERVING);
  EXPECT_TRUE(ListModels(channel).ok());
  EXPECT_TRUE(ListModels(server->InProcessChannel({})).ok());
  EXPECT_THAT(HttpGet(server->metrics_address(), "/metrics"), HasSubstr("\nfacet_ready 1\n"));
  EXPECT_EQ(TempDir::Read(options_.state_dir + "/facetd.address"),
            absl::StrCat("grpc=", server->addresses()[0], "\nmetrics=", server->metrics_address(), "\n"));
}

TEST_F(FacetServerTest, AFullDiskForTheFileWithTheAddressesIsAWarning) {
  FaultyFileSystem disk(FileSystem::Posix());
  disk.OnCreate([&](const std::string& path) {
    if (absl::StrContains(path, "facetd.address")) disk.FailAt(1, FaultyFileSystem::DiskFull());
  });
  environment_.file_system = &disk;
  dir_.Write("state/facetd.address", "grpc=127.0.0.1:1\n");  // a dead server's
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_TRUE(ListModels(Connect(*server)).ok());
  EXPECT_FALSE(FileSystem::Posix()->Exists(options_.state_dir + "/facetd.address"));
  const auto lines = log_.lines();
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const FakeLog::Line& line) {
    return line.severity == LogSeverity::kWarning && absl::StrContains(line.message, "addresses");
  }));
}

TEST_F(FacetServerTest, ListensOnASocketFileToo) {
  options_.listen.push_back(absl::StrCat("unix:", dir_ / "f.sock"));
  const auto server = Start();
  EXPECT_TRUE(ListModels(grpc::CreateChannel(server->addresses()[1], grpc::InsecureChannelCredentials())).ok());
}

TEST_F(FacetServerTest, SaysThatTheTrainerIsNotThere) {
  options_.trainer_path = dir_ / "no-trainer";
  const auto server = Start();
  bool said = false;
  for (const FakeLog::Line& line : log_.lines()) {
    said = said || (line.severity == LogSeverity::kWarning && line.fields.count("trainer_path") > 0);
  }
  EXPECT_TRUE(said);
}

TEST_F(FacetServerTest, APortInUseIsNamedAndNothingIsBegun) {
  const auto first = Start();
  options_.state_dir = dir_ / "other";
  options_.listen = {"127.0.0.1:0", first->addresses()[0]};
  const auto second = Create();
  EXPECT_THAT(second, HasReason(absl::StatusCode::kUnavailable, "ADDRESS_IN_USE"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first->addresses()[0]));
  EXPECT_EQ(ExitCodeOfStart(second.status()), kExitAddress);
  EXPECT_FALSE(FileSystem::Posix()->Exists(dir_ / "other"));
  EXPECT_TRUE(ListModels(Connect(*first)).ok());
}

TEST_F(FacetServerTest, APortOfMetricsInUseIsNamedAndNothingIsLeft) {
  options_.metrics = "127.0.0.1:0";
  const auto first = Start();
  const std::string state = std::exchange(options_.state_dir, dir_ / "other");
  options_.metrics = first->metrics_address();
  const auto second = Create();
  EXPECT_THAT(second, HasReason(absl::StatusCode::kUnavailable, "METRICS_ADDRESS_UNAVAILABLE"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first->metrics_address()));
  EXPECT_EQ(ExitCodeOfStart(second.status()), kExitAddress);
  options_.metrics = "off";
  EXPECT_THAT(Create(), IsOk()) << "the state folder is free again";
}

TEST_F(FacetServerTest, OneStateFolderHasOneServer) {
  PublishModel();
  const auto first = Start();
  const std::string addresses = TempDir::Read(options_.state_dir + "/facetd.address");
  const auto second = Create();
  EXPECT_THAT(second, HasReason(absl::StatusCode::kFailedPrecondition, "STATE_IN_USE"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(options_.state_dir));
  EXPECT_EQ(ExitCodeOfStart(second.status()), kExitState);
  EXPECT_EQ(TempDir::Read(options_.state_dir + "/facetd.address"), addresses);
  EXPECT_EQ(Render(Connect(*first)).size(), 12u * 12 * 3) << "the first goes on";
}

TEST_F(FacetServerTest, AStateFolderThatCannotBeMadeIsNamed) {
  dir_.Write("file", "x");
  options_.state_dir = dir_ / "file/state";
  const auto server = Create();
  EXPECT_EQ(GetErrorDetail(server.status()).reason, "STATE_UNUSABLE");
  EXPECT_THAT(std::string(server.status().message()), HasSubstr(options_.state_dir));
  EXPECT_EQ(ExitCodeOfStart(server.status()), kExitState);
}

TEST_F(FacetServerTest, AStateFolderThatCannotBeWrittenIsNamed) {
  FaultyFileSystem disk(FileSystem::Posix());
  environment_.file_system = &disk;
  for (int call = 1;; ++call) {
    disk.FailAt(call, WithReason(absl::PermissionDeniedError("cannot make 'x'"), "FILE_ACCESS_DENIED"));
    const auto server = Create();
    if (server.ok()) break;
    EXPECT_EQ(ExitCodeOfStart(server.status()), kExitState) << "call " << call << ": " << server.status();
    EXPECT_FALSE(FileSystem::Posix()->Exists(options_.state_dir + "/facetd.address"));
  }
}

TEST_F(FacetServerTest, DeviceFaultsOfEarlierServersAreCounted) {
  dir_.Write("state/device_faults", "2\n");
  options_.metrics = "127.0.0.1:0";
  const auto server = Start();
  EXPECT_THAT(HttpGet(server->metrics_address(), "/metrics"), HasSubstr("\nfacet_device_faults_total 2\n"));
}

TEST_F(FacetServerTest, ADatabaseThatIsNoneIsNotOverwritten) {
  const std::string junk(4096, 'x');
  dir_.Write("state/facet.db", junk);
  const auto server = Create();
  EXPECT_EQ(ExitCodeOfStart(server.status()), kExitState) << server.status();
  EXPECT_EQ(TempDir::Read(options_.state_dir + "/facet.db"), junk);
}

TEST_F(FacetServerTest, BadOptionsAreRefusedByField) {
  options_.limits.max_streams = 0;
  const auto server = Create();
  EXPECT_THAT(server, IsBadField("limits.max_streams", "INVALID_CONFIGURATION"));
  EXPECT_EQ(ExitCodeOfStart(server.status()), kExitConfiguration);
}

TEST_F(FacetServerTest, ShutdownEndsRunWithOk) {
  auto server = Start();
  absl::Status result = absl::UnknownError("still running");
  Thread run("run", [&] { result = server->Run(); });
  server->Shutdown();
  server->Shutdown();
  run.Join();
  EXPECT_THAT(result, IsOk());
  EXPECT_FALSE(FileSystem::Posix()->Exists(options_.state_dir + "/facetd.address"));
  const std::string address = server->addresses()[0];
  server.reset();
  options_.listen = {address};
  EXPECT_THAT(Create(), IsOk()) << "port and state folder are free at once";
}

TEST_F(FacetServerTest, AShutdownBeforeRunIsNotForgotten) {
  const auto server = Start();
  server->Shutdown();
  EXPECT_THAT(server->Run(), IsOk());
}

TEST_F(FacetServerTest, ARenderInFlightCompletesDuringShutdown) {
  PublishModel();
  options_.metrics = "127.0.0.1:0";
  const auto server = Start();
  const auto channel = Connect(*server);
  StalledRender render(channel);
  absl::Status result = absl::UnknownError("still running");
  Thread run("run", [&] { result = server->Run(); });
  server->Shutdown();
  const grpc::Status refused = CallUntilRefused(channel);
  EXPECT_EQ(refused.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(ReadRichError(refused).reason, "SHUTTING_DOWN");
  EXPECT_TRUE(ReadRichError(refused).retry_seconds.has_value());
  EXPECT_EQ(CheckHealth(channel), HealthCheckResponse::NOT_SERVING);
  EXPECT_THAT(HttpGet(server->metrics_address(), "/metrics"), HasSubstr("\nfacet_ready 0\n"));
  EXPECT_EQ(render.ReadAll(), StalledRender::kImages);
  const grpc::Status finished = render.Finish();
  EXPECT_TRUE(finished.ok()) << finished.error_message();
  run.Join();
  EXPECT_THAT(result, IsOk());
}

// A system's clock that somebody sets, a day on and two days back, all the time.
class JumpingClock final : public Clock {
 public:
  absl::Time Now() override { return absl::Now() + (calls_++ % 2 == 0 ? 1 : -1) * absl::Hours(24); }
  bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return mutex.AwaitWithDeadline(condition, std::min(deadline, Now()));
  }

 private:
  std::atomic<int> calls_ = 0;
};

TEST_F(FacetServerTest, ASystemClockThatJumpsNeitherEndsCallsNorTheDrain) {
  PublishModel();
  JumpingClock jumping;
  environment_.clock = &jumping;
  const auto server = Start();
  const auto channel = Connect(*server);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Render(channel).size(), 12u * 12 * 3);
  StalledRender render(channel);
  Thread run("run", [&] { server->Run().IgnoreError(); });
  server->Shutdown();
  CallUntilRefused(channel);
  EXPECT_EQ(render.ReadAll(), StalledRender::kImages);
  const grpc::Status finished = render.Finish();
  EXPECT_TRUE(finished.ok()) << finished.error_message();
}

TEST_F(FacetServerTest, ReadinessFallsBeforeTheFirstRefusal) {
  const auto server = Start();
  const auto channel = Connect(*server);
  // What a load balancer has been told when a call is refused for the first time.
  grpc::ClientContext context;
  const auto health = Health::NewStub(channel);
  const auto watch = health->Watch(&context, {});
  HealthCheckResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::SERVING);
  Thread run("run", [&] { server->Run().IgnoreError(); });
  server->Shutdown();
  CallUntilRefused(channel);
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&seen)) << "a watch does not hold up the shutdown";
  EXPECT_EQ(watch->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(FacetServerTest, WhatIsLeftAfterTheDrainTimeIsCancelled) {
  PublishModel();
  options_.limits.drain = absl::Seconds(1);
  auto server = Start();
  StalledRender render(Connect(*server));
  server->Shutdown();
  EXPECT_THAT(server->Run(), IsOk());
  server.reset();
  EXPECT_LT(render.ReadAll(), StalledRender::kImages);
  EXPECT_FALSE(render.Finish().ok());
}

TEST_F(FacetServerTest, WhatIsLeftAfterTheDrainTimeHearsOfTheShutdown) {
  PublishModel();
  options_.limits.drain = absl::Seconds(1);
  auto server = Start();
  const auto channel = Connect(*server);
  // Far more than a second's work, and the client reads.
  v1::RenderStreamRequest request;
  request.set_model("digits");
  for (int i = 0; i < 60'000; ++i) AddVector(0.25f, *request.mutable_vectors());
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_PNG);
  request.set_chunk_size(1);
  grpc::ClientContext context;
  const auto stub = v1::GenerationService::NewStub(channel);
  const auto reader = stub->RenderStream(&context, request);
  v1::RenderStreamResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server->Shutdown();
  Thread run("run", [&] {
    server->Run().IgnoreError();
    server.reset();
  });
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReadRichError(status).reason, "SHUTTING_DOWN");
}

TEST_F(FacetServerTest, AStateFolderThatIsRemovedWhileItRunsIsTold) {
  PublishModel();
  options_.metrics = "127.0.0.1:0";
  const auto server = Start();
  const auto channel = Connect(*server);
  Thread run("run", [&] { EXPECT_THAT(server->Run(), IsOk()); });
  ASSERT_THAT(FileSystem::Posix()->RemoveAll(options_.state_dir), IsOk());
  grpc::ClientContext context;
  v1::SetAliasRequest alias;
  alias.set_name("digits@1");
  alias.set_alias("stable");
  v1::ModelVersion version;
  const grpc::Status refused = v1::ModelService::NewStub(channel)->SetAlias(&context, alias, &version);
  EXPECT_EQ(refused.error_code(), grpc::INTERNAL) << refused.error_message();
  EXPECT_EQ(ReadRichError(refused).reason, "STORE_IO_ERROR");
  const absl::Time patience = absl::Now() + absl::Seconds(60);
  while (CheckHealth(channel) == HealthCheckResponse::SERVING && absl::Now() < patience) std::this_thread::yield();
  EXPECT_EQ(CheckHealth(channel), HealthCheckResponse::NOT_SERVING);
  const auto told = [&] {
    for (const FakeLog::Line& line : log_.lines()) {
      if (line.severity == LogSeverity::kError && line.fields.count("error") > 0 &&
          absl::StrContains(line.fields.at("error"), "put the state folder back")) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(told());
  while (HttpGet(server->metrics_address(), "/metrics").find("\nfacet_ready 0\n") == std::string::npos &&
         absl::Now() < patience) {
    std::this_thread::yield();
  }
  EXPECT_THAT(HttpGet(server->metrics_address(), "/metrics"), HasSubstr("\nfacet_ready 0\n"));
  server->Shutdown();
}

TEST_F(FacetServerTest, WithoutRunItEndsAtOnce) {
  PublishModel();
  auto server = Start();
  StalledRender render(Connect(*server));
  server.reset();
  EXPECT_LT(render.ReadAll(), StalledRender::kImages);
}

TEST_F(FacetServerTest, ModelsAndPixelsAreTheSameAfterARestart) {
  PublishModel();
  auto server = Start();
  const std::string before = Render(Connect(*server));
  EXPECT_EQ(before.size(), 12u * 12 * 3);
  server.reset();
  server = Start();
  EXPECT_EQ(Render(Connect(*server)), before);
}

}  // namespace
}  // namespace facet::server
