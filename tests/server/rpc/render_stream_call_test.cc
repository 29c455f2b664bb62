// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/render_stream_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "facet/v1/generation.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

// Image i is painted in 255 * i / count.
v1::RenderStreamRequest MakeRequest(int count, int chunk_size) {
  v1::RenderStreamRequest request;
  request.set_model("digits");
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  request.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  request.set_chunk_size(chunk_size);
  for (int i = 0; i < count; ++i) {
    const float share = static_cast<float>(i) / static_cast<float>(count);
    v1::FeatureVector& vector = *request.add_vectors();
    for (float weight : {share, 1 - share, 0.0f, 1.0f, 0.0f}) vector.add_dense(weight);
  }
  return request;
}

float FirstSample(const v1::ImageData& image, int index, size_t samples) {
  float value = 0;
  std::memcpy(&value, image.data().data() + index * samples * sizeof(float), sizeof(float));
  return value;
}

class RenderStreamCallTest : public ::testing::Test {
 protected:
  std::unique_ptr<grpc::ClientReader<v1::RenderStreamResponse>> Begin(const v1::RenderStreamRequest& request) {
    return stub_->RenderStream(&context_, request);
  }
  // The status of a stream that is read to its end.
  grpc::Status Drain(const v1::RenderStreamRequest& request) {
    grpc::ClientContext context;
    auto reader = stub_->RenderStream(&context, request);
    v1::RenderStreamResponse response;
    while (reader->Read(&response)) ++messages_;
    return reader->Finish();
  }

  TestServer server_;
  std::unique_ptr<v1::GenerationService::Stub> stub_ = v1::GenerationService::NewStub(server_.channel);
  grpc::ClientContext context_;
  int messages_ = 0;
};

TEST_F(RenderStreamCallTest, ImagesComeInOrderInChunks) {
  constexpr int kImages = 1000;
  auto reader = Begin(MakeRequest(kImages, 7));
  v1::RenderStreamResponse response;
  int next = 0;
  while (reader->Read(&response)) {
    ASSERT_EQ(response.first_index(), next);
    ASSERT_EQ(response.images_size(), 1);
    const int count = static_cast<int>(response.images(0).shape(0));
    ASSERT_EQ(count, std::min(7, kImages - next));
    for (int i = 0; i < count; ++i) {
      ASSERT_FLOAT_EQ(FirstSample(response.images(0), i, 48), static_cast<float>(next + i) / kImages);
    }
    EXPECT_EQ(response.model_version(), "models/digits@3");
    next += count;
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, kImages);
}

TEST_F(RenderStreamCallTest, PngsComeInOrderToo) {
  v1::RenderStreamRequest request = MakeRequest(40, 0);
  request.mutable_format()->Clear();
  auto reader = Begin(request);
  v1::RenderStreamResponse response;
  int next = 0;
  while (reader->Read(&response)) {
    ASSERT_EQ(response.first_index(), next);
    next += response.images_size();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, 40);
}

TEST_F(RenderStreamCallTest, FewChunksAreOnTheirWayAtATime) {
  server_.engine.Hold();
  auto reader = Begin(MakeRequest(100, 1));
  server_.engine.AwaitSubmitted(4);
  EXPECT_EQ(server_.engine.submitted(), 4);
  server_.engine.ReleaseAll();
  v1::RenderStreamResponse response;
  int count = 0;
  while (reader->Read(&response)) ++count;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 100);
}

TEST_F(RenderStreamCallTest, SlowClientStopsTheRendering) {
  TestServer server({}, {512, 512, 3});
  auto stub = v1::GenerationService::NewStub(server.channel);
  v1::RenderStreamRequest request = MakeRequest(200, 1);  // 3 MiB each
  grpc::ClientContext context;
  auto reader = stub->RenderStream(&context, request);
  v1::RenderStreamResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server.engine.AwaitSubmitted(5);
  // Buffers of gRPC and kernel take some; never all 600 MiB.
  EXPECT_LT(server.engine.submitted(), 100);
  int count = 1;
  while (reader->Read(&response)) ++count;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 200);
}

TEST_F(RenderStreamCallTest, BadVectorFarBehindIsRefusedBeforeTheFirstImage) {
  v1::RenderStreamRequest request = MakeRequest(500, 16);
  request.mutable_vectors(499)->clear_dense();
  const grpc::Status status = Drain(request);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(ReadRichError(status).field, HasSubstr("vectors[499]"));
  EXPECT_EQ(messages_, 0);
  EXPECT_EQ(server_.engine.submitted(), 0);
}

TEST_F(RenderStreamCallTest, RefusesBadChunkSizes) {
  for (int chunk_size : {-1, 257}) {
    const grpc::Status status = Drain(MakeRequest(1, chunk_size));
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_EQ(ReadRichError(status).field, "chunk_size");
  }
}

TEST_F(RenderStreamCallTest, RefusesNoneAndTooMany) {
  EXPECT_EQ(ReadRichError(Drain(MakeRequest(0, 1))).reason, "NO_VECTORS");
  GrpcServerOptions options;
  options.max_stream_vectors = 10;
  TestServer server(options);
  stub_ = v1::GenerationService::NewStub(server.channel);
  EXPECT_EQ(ReadRichError(Drain(MakeRequest(11, 1))).reason, "TOO_MANY_VECTORS");
  EXPECT_TRUE(Drain(MakeRequest(10, 1)).ok());
}

TEST_F(RenderStreamCallTest, ChunksAreCutToTheMessageLimit) {
  GrpcServerOptions options;
  options.max_message_mib = 1;
  TestServer server(options, {128, 128, 3});  // 192 KiB an image of floats
  stub_ = v1::GenerationService::NewStub(server.channel);
  EXPECT_TRUE(Drain(MakeRequest(16, 16)).ok());
  EXPECT_EQ(messages_, 4);  // of 4, where 5 would just not fit
  TestServer small(options, {300, 300, 3});
  stub_ = v1::GenerationService::NewStub(small.channel);
  EXPECT_EQ(ReadRichError(Drain(MakeRequest(1, 1))).reason, "ANSWER_TOO_LARGE");
}

absl::Status QueueFull() {
  return WithRetryAfter(WithReason(absl::ResourceExhaustedError("full"), "QUEUE_FULL"), absl::Milliseconds(5));
}

TEST_F(RenderStreamCallTest, QueueFullAtTheBeginningIsTold) {
  server_.engine.RefuseNext({QueueFull()});
  const grpc::Status status = Drain(MakeRequest(10, 1));
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(ReadRichError(status).retry_seconds.has_value());
}

TEST_F(RenderStreamCallTest, QueueFullLaterIsWaitedOut) {
  server_.engine.RefuseNext({absl::OkStatus(), QueueFull(), QueueFull(), absl::OkStatus(), QueueFull()});
  auto reader = Begin(MakeRequest(20, 1));
  v1::RenderStreamResponse response;
  int next = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.first_index(), next++);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, 20);
}

TEST_F(RenderStreamCallTest, ClientThatGoesCancelsWhatIsOnItsWay) {
  server_.engine.Hold();
  auto reader = Begin(MakeRequest(100, 1));
  server_.engine.AwaitSubmitted(4);
  context_.TryCancel();
  server_.engine.AwaitCancelled(4);
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(RenderStreamCallTest, ClientThatGoesMidStreamLeavesTheServerWell) {
  auto reader = Begin(MakeRequest(10000, 1));
  v1::RenderStreamResponse response;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(reader->Read(&response));
  context_.TryCancel();
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
  EXPECT_TRUE(server_.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  EXPECT_TRUE(Drain(MakeRequest(3, 1)).ok());
}

// The RPC is over, and its request gone, while a worker still reads the request.
TEST_F(RenderStreamCallTest, ClientThatGoesWhileALargeRequestIsReadLeavesTheServerWell) {
  v1::RenderStreamRequest request;
  request.set_model("digits");
  for (int i = 0; i < 60000; ++i) {
    v1::FeatureVector& vector = *request.add_vectors();
    for (int w = 0; w < 12; ++w) {
      v1::FeatureWeights& feature = *vector.add_features();
      feature.set_feature("colour");
      feature.add_weights()->set_weight(1);
    }
  }
  for (int i = 0; i < 40; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(5 + 3 * i));
    auto reader = stub_->RenderStream(&context, request);
    v1::RenderStreamResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_FALSE(reader->Finish().ok());
  }
  EXPECT_TRUE(Drain(MakeRequest(3, 1)).ok());
}

// Of a server that has memory for one stream at a time.
GrpcServerOptions RoomForOneStream() {
  GrpcServerOptions options;
  options.render_stream_mib = 1;
  return options;
}

TEST_F(RenderStreamCallTest, StreamsShareTheirMemory) {
  TestServer server(RoomForOneStream(), {512, 512, 3});
  stub_ = v1::GenerationService::NewStub(server.channel);
  server.engine.Hold();
  auto reader = Begin(MakeRequest(10, 1));
  server.engine.AwaitSubmitted(4);
  const grpc::Status refused = Drain(MakeRequest(1, 1));
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(refused).reason, "TOO_MANY_STREAMS");
  EXPECT_TRUE(ReadRichError(refused).retry_seconds.has_value());
  server.engine.ReleaseAll();
  v1::RenderStreamResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(Drain(MakeRequest(1, 1)).ok());
}

TEST_F(RenderStreamCallTest, AClientThatTakesNothingForTooLongIsGivenUp) {
  GrpcServerOptions options = RoomForOneStream();
  options.render_stream_patience = absl::Milliseconds(50);
  TestServer server(options, {512, 512, 3});
  stub_ = v1::GenerationService::NewStub(server.channel);
  auto reader = Begin(MakeRequest(200, 1));  // 3 MiB each: more than is on its way anywhere
  v1::RenderStreamResponse response;
  ASSERT_TRUE(reader->Read(&response));
  // Its memory is free, though a message to it is still on its way.
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  grpc::Status other;
  do {
    other = Drain(MakeRequest(1, 1));
  } while (!other.ok() && absl::Now() < give_up);
  EXPECT_TRUE(other.ok()) << other.error_message();
  int read = 1;
  while (reader->Read(&response)) ++read;
  EXPECT_LT(read, 200);
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(status).reason, "STREAM_TOO_SLOW");
}

// Else the message that is on its way, and the call, would stay for ever.
TEST_F(RenderStreamCallTest, AClientThatTakesNothingThenEitherIsCancelled) {
  GrpcServerOptions options;
  options.render_stream_patience = absl::Milliseconds(50);
  TestServer server(options, {512, 512, 3});
  stub_ = v1::GenerationService::NewStub(server.channel);
  auto reader = Begin(MakeRequest(200, 1));
  v1::RenderStreamResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server.server->RefuseCalls();
  EXPECT_TRUE(server.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(RenderStreamCallTest, AClientThatWaitsForTheEngineIsNotSlow) {
  GrpcServerOptions options;
  options.render_stream_patience = absl::Milliseconds(500);
  TestServer server(options);
  stub_ = v1::GenerationService::NewStub(server.channel);
  server.engine.Hold();
  auto reader = Begin(MakeRequest(10, 1));
  server.engine.AwaitSubmitted(4);
  const absl::Time later = absl::Now() + absl::Seconds(1.2);  // two patiences and more
  while (absl::Now() < later) EXPECT_EQ(ReadRichError(Drain(MakeRequest(0, 1))).reason, "NO_VECTORS");
  server.engine.ReleaseAll();
  v1::RenderStreamResponse response;
  int count = 0;
  while (reader->Read(&response)) ++count;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 10);
}

TEST_F(RenderStreamCallTest, ErrorOfTheRendererEndsTheStream) {
  server_.engine.Hold();
  auto reader = Begin(MakeRequest(100, 1));
  server_.engine.AwaitSubmitted(4);
  server_.engine.FailAll(absl::InternalError("the device failed"));
  EXPECT_EQ(reader->Finish().error_code(), grpc::INTERNAL);
}

TEST_F(RenderStreamCallTest, GoesOnWhileTheServerDrains) {
  server_.engine.Hold();
  auto reader = Begin(MakeRequest(50, 1));
  server_.engine.AwaitSubmitted(4);
  server_.server->RefuseCalls();
  EXPECT_EQ(Drain(MakeRequest(1, 1)).error_code(), grpc::UNAVAILABLE);
  server_.engine.ReleaseAll();
  v1::RenderStreamResponse response;
  int count = 0;
  while (reader->Read(&response)) ++count;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 50);
}

}  // namespace
}  // namespace facet::server
