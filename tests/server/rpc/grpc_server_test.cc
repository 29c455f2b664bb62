// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpc/compression.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/names.h"
#include "base/thread.h"
#include "facet/v1/augmentation.grpc.pb.h"
#include "facet/v1/dataset.grpc.pb.h"
#include "facet/v1/generation.grpc.pb.h"
#include "facet/v1/model.grpc.pb.h"
#include "tests/server/rpc/fakes/classify_requests.h"
#include "tests/server/rpc/fakes/held_link.h"
#include "tests/server/rpc/fakes/held_render.h"
#include "tests/server/rpc/fakes/idle_connections.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

grpc::Status ListModels(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  return v1::ModelService::NewStub(channel)->ListModels(&context, {}, &response);
}

TEST(GrpcServerTest, SaysWhichFreePortItFound) {
  TestServer server;
  ASSERT_EQ(server.server->addresses().size(), 1u);
  EXPECT_THAT(server.server->addresses()[0], StartsWith("127.0.0.1:"));
  EXPECT_THAT(server.server->addresses()[0], Not(HasSubstr(":0")));
  EXPECT_TRUE(ListModels(server.channel).ok());
}

TEST(GrpcServerTest, ListensOnSeveralAddressesAndSocketFiles) {
  TestServer parts;
  GrpcServerOptions options;
  const std::string path = "/tmp/facet-" + RandomHexId();
  options.listen = {"127.0.0.1:0", "unix:" + path};
  const mode_t mask = umask(0027);  // as the systemd unit has it
  auto server = GrpcServer::Create(options, parts.Parts());
  umask(mask);
  ASSERT_TRUE(server.ok()) << server.status();
  struct stat socket;
  ASSERT_EQ(lstat(path.c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777, 0777u) << "the folder says who may connect";
  for (const std::string& address : (*server)->addresses()) {
    EXPECT_TRUE(ListModels(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())).ok()) << address;
  }
  server->reset();
  struct stat info;
  EXPECT_NE(lstat(path.c_str(), &info), 0) << "the socket file is left behind";
}

TEST(GrpcServerTest, PortInUseIsUnavailableWithTheAddress) {
  TestServer first;
  GrpcServerOptions options;
  options.listen = {"127.0.0.1:0", first.server->addresses()[0]};
  auto second = GrpcServer::Create(options, first.Parts());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorDetail(second.status()).reason, "ADDRESS_IN_USE");
  EXPECT_EQ(GetErrorDetail(second.status()).field, std::nullopt);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first.server->addresses()[0]));
  EXPECT_TRUE(ListModels(first.channel).ok());
}

TEST(GrpcServerTest, BadAddressIsNamedByItsField) {
  TestServer parts;
  GrpcServerOptions options;
  options.listen = {"127.0.0.1:0", "nonsense"};
  auto server = GrpcServer::Create(options, parts.Parts());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(server.status()).field, "listen[1]");
}

TEST(GrpcServerTest, ServesWithoutASocket) {
  TestServer server;
  EXPECT_TRUE(ListModels(server.server->InProcessChannel({})).ok());
}

TEST(GrpcServerTest, UnknownMethodIsUnimplemented) {
  TestServer server;
  grpc::GenericStub stub(server.channel);
  grpc::ClientContext context;
  grpc::Slice slice(std::string("x"));
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, "/facet.v1.ModelService/Nothing", {}, &request, &response, [&](grpc::Status s) {
    status = std::move(s);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED);
}

// Of this process, the largest it has been, bytes.
int64_t PeakMemory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6)) << 10;
  }
  return 0;
}

// 256 MiB of zeros in one of memory; 256 KiB when compressed.
grpc::ByteBuffer Bomb() {
  const grpc::Slice zeros(std::string(1 << 20, '\0'));
  const std::vector<grpc::Slice> slices(256, zeros);
  return {slices.data(), slices.size()};
}

TEST(GrpcServerTest, CompressedMessagesAreRefusedUnopened) {
  TestServer server;
  ASSERT_TRUE(ListModels(server.channel).ok());
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const int64_t before = PeakMemory();
    grpc::GenericStub stub(server.channel);
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    const grpc::ByteBuffer request = Bomb();
    grpc::ByteBuffer response;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, "/facet.v1.GenerationService/Render", {}, &request, &response, [&](grpc::Status s) {
      status = std::move(s);
      done.Notify();
    });
    done.WaitForNotification();
    EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED) << status.error_message();
    EXPECT_LT(PeakMemory() - before, 128 << 20);
  }
  EXPECT_TRUE(ListModels(server.channel).ok());
}

TEST(GrpcServerTest, CompressedStreamsAreRefused) {
  TestServer server;
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::Dataset dataset;
  auto writer = v1::DatasetService::NewStub(server.channel)->ImportDataset(&context, &dataset);
  v1::ImportDatasetRequest request;
  request.mutable_chunk()->mutable_data()->resize(32 << 20);
  while (writer->Write(request)) {
  }
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED) << status.error_message();
}

// Two bytes each, ninety in memory.
TEST(GrpcServerTest, MillionsOfEmptyVectorsAreRefusedUnread) {
  TestServer server;
  std::string bytes;
  for (int i = 0; i < 16 << 20; ++i) bytes.append("\x12\x00", 2);
  const grpc::Slice slice(bytes);
  for (const char* method : {"/facet.v1.GenerationService/Render", "/facet.v1.ModelService/Classify",
                             "/facet.v1.TrainingService/CreateTrainingJob"}) {
    const int64_t before = PeakMemory();
    grpc::GenericStub stub(server.channel);
    grpc::ClientContext context;
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, method, {}, &request, &response, [&](grpc::Status s) {
      status = std::move(s);
      done.Notify();
    });
    done.WaitForNotification();
    EXPECT_EQ(ReadRichError(status).reason, "REQUEST_TOO_LARGE") << method << ": " << status.error_message();
    EXPECT_LT(PeakMemory() - before, 256 << 20) << method;
  }
}

TEST(GrpcServerTest, StreamsLargerThanTheTransportsMemoryArriveWhole) {
  GrpcServerOptions options;
  options.transport_mib = 8;
  TestServer server(options);
  server.streams.SetBatches(64);
  server.streams.SetBatchBytes(1 << 20);
  grpc::ClientContext context;
  auto stream = v1::AugmentationService::NewStub(server.channel)->StreamBatches(&context);
  v1::StreamBatchesRequest start;
  start.mutable_start()->mutable_spec()->set_model("digits");
  ASSERT_TRUE(stream->Write(start));
  v1::StreamBatchesResponse batch;
  int batches = 0;
  while (stream->Read(&batch)) batches += batch.images().data().size() == 1 << 20;
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(batches, 64);
}

// What becomes of each call is gRPC's matter; the server goes on.
TEST(GrpcServerTest, AFloodOfLargeRequestsIsOutlived) {
  GrpcServerOptions options;
  options.transport_mib = 8;
  TestServer server(options);
  v1::RenderRequest request;
  request.set_model("digits");
  request.add_vectors()->add_features()->set_feature(std::string(1 << 20, 'x'));
  std::vector<Thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back("client", [&] {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
      v1::RenderResponse response;
      EXPECT_FALSE(v1::GenerationService::NewStub(server.NewChannel())->Render(&context, request, &response).ok());
    });
  }
  for (Thread& client : clients) client.Join();
  EXPECT_TRUE(ListModels(server.NewChannel()).ok());
}

TEST(GrpcServerTest, DrainsWhatIsInFlightAndRefusesTheRest) {
  TestServer server;
  HeldRender render(server);
  server.server->RefuseCalls();
  const grpc::Status refused = ListModels(server.channel);
  EXPECT_EQ(refused.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(ReadRichError(refused).reason, "SHUTTING_DOWN");
  EXPECT_FALSE(server.server->AwaitIdle(absl::Now()));
  server.engine.ReleaseAll();
  EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  EXPECT_TRUE(render.End().ok()) << render.End().error_message();
}

void ExpectShuttingDown(const grpc::Status& status) {
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReadRichError(status).reason, "SHUTTING_DOWN");
  EXPECT_TRUE(ReadRichError(status).retry_seconds.has_value());
}

void ExpectRequestOnItsWayIsAwaitedAndRefused(TestServer& server) {
  HeldLink link(server.server->addresses()[0], 20'000);
  v1::RenderStreamRequest request;
  request.set_model("digits");
  request.add_vectors()->add_features()->set_feature(std::string(1 << 20, 'x'));
  grpc::ClientContext context;
  const auto stub =
      v1::GenerationService::NewStub(grpc::CreateChannel(link.address(), grpc::InsecureChannelCredentials()));
  const auto reader = stub->RenderStream(&context, request);
  link.AwaitHeld();
  // The server may yet have to read what has arrived.
  const absl::Time patience = absl::Now() + absl::Seconds(60);
  while (server.server->AwaitIdle(absl::InfinitePast()) && absl::Now() < patience) std::this_thread::yield();
  server.server->RefuseCalls();
  EXPECT_FALSE(server.server->AwaitIdle(absl::Now() + absl::Milliseconds(50)));
  link.Release();
  EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  server.server.reset();
  ExpectShuttingDown(reader->Finish());
}

TEST(GrpcServerTest, ARequestThatIsOnItsWayIsAwaitedAndRefused) {
  TestServer server;
  ExpectRequestOnItsWayIsAwaitedAndRefused(server);
}

// gRPC lists connections by five hundred.
TEST(GrpcServerTest, ARequestThatIsOnItsWayIsAwaitedHoweverManyConnectionsThereAre) {
  constexpr int kMany = 520;
  if (!IdleConnections::Allowed(kMany)) GTEST_SKIP() << "too few files may be open";
  TestServer server;
  const IdleConnections idle(server.server->addresses()[0], kMany);
  ExpectRequestOnItsWayIsAwaitedAndRefused(server);
}

TEST(GrpcServerTest, ConnectionsWithoutCallsDoNotHoldUpTheDrain) {
  TestServer server;
  ASSERT_TRUE(ListModels(server.channel).ok());
  const auto idle = server.NewChannel();
  ASSERT_TRUE(idle->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(60)));
  server.server->RefuseCalls();
  EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST(GrpcServerTest, ClientsThatTryAgainAllTheTimeDoNotHoldUpTheDrain) {
  TestServer server;
  std::atomic<bool> stop{false};
  std::vector<Thread> clients;
  server.server->RefuseCalls();
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back("client", [&] {
      const auto channel = server.NewChannel();
      while (!stop) EXPECT_FALSE(ListModels(channel).ok());
    });
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  stop = true;
}

TEST(GrpcServerTest, WhatTheDrainLeavesIsCutOffWithTheStatusOfAShutdown) {
  TestServer server;
  HeldRender render(server);
  // One in the hands of a worker that nobody can stop.
  server.models.HoldClassifiers(true);
  const v1::ClassifyRequest classify = ClassifyRequestOf({Png(0)});
  grpc::Status classified;
  Thread classifying("classify", [&] {
    grpc::ClientContext context;
    v1::ClassifyResponse response;
    classified = v1::ModelService::NewStub(server.channel)->Classify(&context, classify, &response);
  });
  server.models.AwaitHeld();
  // And one that waits for its turn.
  v1::RenderStreamRequest request;
  request.set_model("digits");
  *request.add_vectors() = HeldRender::MakeRequest().vectors(0);
  grpc::ClientContext context;
  const auto reader = v1::GenerationService::NewStub(server.channel)->RenderStream(&context, request);
  server.engine.AwaitSubmitted(2);
  server.server->RefuseCalls();
  EXPECT_FALSE(server.server->AwaitIdle(absl::Now()));
  server.server->CutOffCalls();
  ExpectShuttingDown(render.End());
  ExpectShuttingDown(reader->Finish());
  classifying.Join();
  ExpectShuttingDown(classified);
  server.models.HoldClassifiers(false);
  server.server.reset();  // once the work is over
}

TEST(GrpcServerTest, DestructionCancelsWhatIsLeft) {
  TestServer server;
  HeldRender render(server);
  server.server.reset();
  EXPECT_FALSE(render.End().ok());
}

// One stream of reflection, in its wire form.
class ReflectionStream {
 public:
  explicit ReflectionStream(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    stream_ = stub_.PrepareCall(&context_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue_);
    stream_->StartCall(nullptr);
    Step();
  }

  // Asks for the list of services; empty where there is no answer.
  std::string ListServices() {
    // list_services of ServerReflectionRequest is field 7, a string.
    grpc::Slice slice(std::string("\x3a\x01*"));
    stream_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    if (!Step()) return "";
    grpc::ByteBuffer answer;
    stream_->Read(&answer, nullptr);
    if (!Step()) return "";
    grpc::Slice whole;
    if (!answer.DumpToSingleSlice(&whole).ok()) return "";
    return {reinterpret_cast<const char*>(whole.begin()), whole.size()};
  }

  grpc::Status End() {
    stream_->WritesDone(nullptr);
    Step();
    grpc::Status status;
    stream_->Finish(&status, nullptr);
    Step();
    return status;
  }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

TEST(GrpcServerTest, StreamsOfReflectionDoNotHoldUpTheDrain) {
  TestServer server;
  ReflectionStream stream(server.channel);
  ASSERT_FALSE(stream.ListServices().empty());
  server.server->RefuseCalls();
  EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  server.server.reset();
  EXPECT_FALSE(stream.End().ok());
}

TEST(GrpcServerTest, ReflectionIsServed) {
  TestServer server;
  ReflectionStream stream(server.channel);
  const std::string services = stream.ListServices();
  for (const char* service : {"facet.v1.DatasetService", "facet.v1.GenerationService", "grpc.health.v1.Health"}) {
    EXPECT_THAT(services, HasSubstr(service));
  }
  EXPECT_TRUE(stream.End().ok());
}

int CountThreads() {
  int threads = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) threads += entry.exists();
  return threads;
}

// gRPC gives each of them a thread.
TEST(GrpcServerTest, StreamsOfReflectionTakeFewThreads) {
  TestServer server;
  const int before = CountThreads();
  std::vector<std::unique_ptr<ReflectionStream>> streams;
  int served = 0;
  for (int i = 0; i < 64; ++i) {
    streams.push_back(std::make_unique<ReflectionStream>(server.channel));
    served += !streams.back()->ListServices().empty();
  }
  EXPECT_GE(served, 4);
  EXPECT_LE(served, 16);
  EXPECT_LE(CountThreads() - before, 40);  // some of gRPC's own among them
  EXPECT_EQ(streams.back()->End().error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(ListModels(server.channel).ok());
  for (auto& stream : streams) {
    if (stream != streams.back()) stream->End();
  }
  streams.clear();
  EXPECT_TRUE(ListModels(server.channel).ok());
}

}  // namespace
}  // namespace facet::server
