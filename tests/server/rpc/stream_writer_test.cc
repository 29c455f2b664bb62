// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/stream_writer.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "facet/v1/training.grpc.pb.h"
#include "server/core/metrics/metrics.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/wire.h"
#include "tests/server/rpc/fakes/fake_log.h"

namespace facet::server {
namespace {

// A stream whose messages a test writes by hand.
class PuppetStream final : public StreamWriter {
 public:
  PuppetStream(const RpcEnvironment& environment, grpc::CallbackServerContext* context, size_t capacity)
      : StreamWriter(environment, context, "test/Stream", capacity) {}

  bool Write(int64_t revision, size_t bytes = 0) {
    v1::TrainingEvent event;
    event.set_revision(revision);
    event.set_transition(std::string(bytes, 'x'));
    grpc::ByteBuffer buffer;
    EXPECT_TRUE(EncodeMessage(event, 1 << 30, &buffer).ok());
    return TryWrite(buffer);
  }
  void AwaitRooms(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return rooms_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  // Times that OnOver was called.
  int overs() {
    absl::MutexLock lock(&mutex_);
    return overs_;
  }
  void AwaitOver() {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return overs_ > 0; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }

 private:
  void Start() override {}
  void OnRoom() override {
    absl::MutexLock lock(&mutex_);
    ++rooms_;
  }
  void OnOver() override {
    absl::MutexLock lock(&mutex_);
    ++overs_;
  }

  absl::Mutex mutex_;
  int rooms_ ABSL_GUARDED_BY(mutex_) = 0;
  int overs_ ABSL_GUARDED_BY(mutex_) = 0;
};

using Base = ServiceStack<v1::TrainingService::Service, v1::TrainingService::WithRawCallbackMethod_WatchTrainingJob>;

// Serves one method of some service with puppets.
class PuppetService final : public Base {
 public:
  explicit PuppetService(const RpcEnvironment& environment) : environment_(environment) {}
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchTrainingJob(grpc::CallbackServerContext* context,
                                                               const grpc::ByteBuffer*) override {
    auto stream = std::make_shared<PuppetStream>(environment_, context, 3);
    absl::MutexLock lock(&mutex_);
    stream_ = stream;
    return StreamWriter::Launch(stream);
  }
  // The stream that was begun last.
  std::shared_ptr<PuppetStream> Await() {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stream_ != nullptr; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
    return std::exchange(stream_, nullptr);
  }

 private:
  const RpcEnvironment environment_;
  absl::Mutex mutex_;
  std::shared_ptr<PuppetStream> stream_ ABSL_GUARDED_BY(mutex_);
};

class StreamWriterTest : public ::testing::Test {
 protected:
  StreamWriterTest() {
    RpcEnvironment environment;
    environment.clock = Clock::Real();
    environment.metrics = metrics_.get();
    environment.log = &log_;
    environment.gate = &gate_;
    service_ = std::make_unique<PuppetService>(environment);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::TrainingService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
    reader_ = stub_->WatchTrainingJob(&context_, {});
    stream_ = service_->Await();
  }
  ~StreamWriterTest() override {
    stream_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  CallGate gate_{10};
  FakeLog log_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  std::unique_ptr<PuppetService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::TrainingService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::TrainingEvent>> reader_;
  std::shared_ptr<PuppetStream> stream_;
  v1::TrainingEvent event_;
};

TEST_F(StreamWriterTest, WritesInOrderThenFinishes) {
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(stream_->Write(i));
  stream_->Close(absl::OkStatus());
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(reader_->Read(&event_));
    EXPECT_EQ(event_.revision(), i);
  }
  EXPECT_FALSE(reader_->Read(&event_));
  EXPECT_TRUE(reader_->Finish().ok());
}

TEST_F(StreamWriterTest, RefusesMoreThanItsQueueUntilThereIsRoom) {
  // More than the transport takes while nobody reads.
  constexpr size_t kLarge = 3 << 20;
  int accepted = 0;
  while (accepted < 100 && stream_->Write(accepted + 1, kLarge)) ++accepted;
  ASSERT_LT(accepted, 100);
  EXPECT_FALSE(stream_->has_room());
  for (int i = 1; i <= accepted; ++i) ASSERT_TRUE(reader_->Read(&event_));
  stream_->AwaitRooms(accepted);
  EXPECT_TRUE(stream_->has_room());
  EXPECT_TRUE(stream_->Write(7));
  stream_->Close(absl::OkStatus());
  ASSERT_TRUE(reader_->Read(&event_));
  EXPECT_EQ(event_.revision(), 7);
  EXPECT_TRUE(reader_->Finish().ok());
}

TEST_F(StreamWriterTest, ErrorDoesNotWaitForTheQueue) {
  constexpr size_t kLarge = 3 << 20;
  int accepted = 0;
  while (accepted < 100 && stream_->Write(accepted + 1, kLarge)) ++accepted;
  stream_->Close(absl::AbortedError("enough"));
  int read = 0;
  while (reader_->Read(&event_)) ++read;
  EXPECT_LT(read, accepted);
  EXPECT_EQ(reader_->Finish().error_code(), grpc::ABORTED);
}

TEST_F(StreamWriterTest, FirstCloseCounts) {
  stream_->Close(absl::AbortedError("first"));
  stream_->Close(absl::OkStatus());
  EXPECT_FALSE(stream_->Write(1));
  EXPECT_TRUE(stream_->over());
  EXPECT_EQ(reader_->Finish().error_message(), "first");
  EXPECT_EQ(stream_->overs(), 1);
}

TEST_F(StreamWriterTest, ClientThatGoesEndsItOnce) {
  stream_->Write(1);
  ASSERT_TRUE(reader_->Read(&event_));
  context_.TryCancel();
  stream_->AwaitOver();
  EXPECT_FALSE(stream_->Write(2));
  stream_->Close(absl::OkStatus());
  EXPECT_EQ(stream_->overs(), 1);
  EXPECT_EQ(reader_->Finish().error_code(), grpc::CANCELLED);
  EXPECT_EQ(gate_.in_flight(), 1) << "while what produces has it";
  stream_.reset();
  EXPECT_TRUE(gate_.AwaitEmpty(*Clock::Real(), absl::Now() + absl::Seconds(60)));
  ASSERT_EQ(log_.lines().size(), 1u);
  EXPECT_EQ(log_.lines()[0].fields.at("code"), "CANCELLED");
}

TEST_F(StreamWriterTest, ManyWritersAndACloserAgree) {
  std::atomic<int> accepted{0};
  std::vector<std::unique_ptr<Thread>> writers;
  for (int w = 0; w < 4; ++w) {
    writers.push_back(std::make_unique<Thread>("writer", [&] {
      while (!stream_->over()) accepted += stream_->Write(1) ? 1 : 0;
    }));
  }
  int read = 0;
  while (read < 500 && reader_->Read(&event_)) ++read;
  stream_->Close(absl::OkStatus());
  writers.clear();
  while (reader_->Read(&event_)) ++read;
  EXPECT_TRUE(reader_->Finish().ok());
  EXPECT_EQ(read, accepted.load());
}

TEST_F(StreamWriterTest, ClosedGateRefusesTheStream) {
  gate_.Close();
  grpc::ClientContext context;
  auto reader = stub_->WatchTrainingJob(&context, {});
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAVAILABLE);
  stream_->Close(absl::OkStatus());
  reader_->Finish();
}

}  // namespace
}  // namespace facet::server
