// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/batch_stream_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/thread.h"
#include "facet/v1/augmentation.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using Stream = grpc::ClientReaderWriter<v1::StreamBatchesRequest, v1::StreamBatchesResponse>;

v1::StreamBatchesRequest Start(int32_t credit) {
  v1::StreamBatchesRequest request;
  request.mutable_start()->mutable_spec()->set_model("digits");
  request.mutable_start()->set_initial_credit(credit);
  return request;
}

v1::StreamBatchesRequest Credit(int32_t credit) {
  v1::StreamBatchesRequest request;
  request.set_add_credit(credit);
  return request;
}

class BatchStreamCallTest : public ::testing::Test {
 protected:
  std::unique_ptr<Stream> Begin() { return stub_->StreamBatches(&context_); }
  // Sends the messages in one stream and says how it ended.
  grpc::Status Try(const std::vector<v1::StreamBatchesRequest>& messages, bool half_close) {
    grpc::ClientContext context;
    auto stream = stub_->StreamBatches(&context);
    for (const auto& message : messages) stream->Write(message);
    if (half_close) stream->WritesDone();
    v1::StreamBatchesResponse batch;
    while (stream->Read(&batch)) {
    }
    return stream->Finish();
  }

  TestServer server_;
  std::unique_ptr<v1::AugmentationService::Stub> stub_ = v1::AugmentationService::NewStub(server_.channel);
  grpc::ClientContext context_;
  v1::StreamBatchesResponse batch_;
};

TEST_F(BatchStreamCallTest, WithoutCreditSendsAllThenEnds) {
  server_.streams.SetBatches(50);
  auto stream = Begin();
  stream->Write(Start(0));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream->Read(&batch_));
    ASSERT_EQ(batch_.batch_index(), i);
    ASSERT_EQ(batch_.images().data(), std::string(100, static_cast<char>('a' + i % 26)));
  }
  EXPECT_FALSE(stream->Read(&batch_));
  EXPECT_TRUE(stream->Finish().ok());
  server_.streams.AwaitLive(0);
}

TEST_F(BatchStreamCallTest, SendsNoMoreThanTheCredit) {
  server_.streams.SetBatches(100);
  auto stream = Begin();
  stream->Write(Start(2));
  ASSERT_TRUE(stream->Read(&batch_));
  ASSERT_TRUE(stream->Read(&batch_));
  EXPECT_EQ(server_.streams.asked(), 2);
  stream->Write(Credit(3));
  for (int i = 2; i < 5; ++i) {
    ASSERT_TRUE(stream->Read(&batch_));
    EXPECT_EQ(batch_.batch_index(), i);
  }
  EXPECT_EQ(server_.streams.asked(), 5);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&batch_));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(BatchStreamCallTest, HalfCloseUsesTheCreditUpFirst) {
  server_.streams.SetBatches(100);
  auto stream = Begin();
  stream->Write(Start(7));
  stream->WritesDone();
  int count = 0;
  while (stream->Read(&batch_)) ++count;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(count, 7);
}

TEST_F(BatchStreamCallTest, HalfCloseWithoutCreditGoesOnToTheEnd) {
  server_.streams.SetBatches(9);
  auto stream = Begin();
  stream->Write(Start(0));
  stream->WritesDone();
  int count = 0;
  while (stream->Read(&batch_)) ++count;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(count, 9);
}

TEST_F(BatchStreamCallTest, CreditOnTopOfNoLimitChangesNothing) {
  server_.streams.SetBatches(9);
  auto stream = Begin();
  stream->Write(Start(0));
  stream->Write(Credit(1));
  int count = 0;
  while (stream->Read(&batch_)) ++count;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(count, 9);
}

TEST_F(BatchStreamCallTest, StalledClientStopsTheMaking) {
  server_.streams.SetBatches(1000);
  server_.streams.SetBatchBytes(1 << 20);
  auto stream = Begin();
  stream->Write(Start(0));
  ASSERT_TRUE(stream->Read(&batch_));
  server_.streams.AwaitAsked(2);
  EXPECT_LT(server_.streams.asked(), 300);
  context_.TryCancel();
  server_.streams.AwaitLive(0);
  stream->Finish();
}

TEST_F(BatchStreamCallTest, RefusesWhatIsOutOfOrder) {
  struct Case {
    std::vector<v1::StreamBatchesRequest> messages;
    bool half_close;
    const char* reason;
    const char* field;
  };
  for (const Case& c : {Case{{}, true, "MISSING_START", "start"}, Case{{Credit(1)}, false, "MISSING_START", "start"},
                        Case{{Start(1), Start(1)}, false, "SECOND_START", "start"},
                        Case{{Start(1), Credit(0)}, false, "BAD_CREDIT", "add_credit"},
                        Case{{Start(1), Credit(-4)}, false, "BAD_CREDIT", "add_credit"},
                        Case{{Start(-1)}, false, "BAD_CREDIT", "start.initial_credit"},
                        Case{{v1::StreamBatchesRequest()}, false, "MISSING_PAYLOAD", "payload"}}) {
    const grpc::Status status = Try(c.messages, c.half_close);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << c.reason;
    EXPECT_EQ(ReadRichError(status).reason, c.reason);
    EXPECT_EQ(ReadRichError(status).field, c.field);
  }
  server_.streams.AwaitLive(0);
}

TEST_F(BatchStreamCallTest, ErrorsOfOpeningArriveWithTheirPath) {
  v1::StreamBatchesRequest start = Start(0);
  start.mutable_start()->mutable_spec()->clear_model();
  EXPECT_EQ(ReadRichError(Try({start}, false)).field, "start.spec.model");
  start = Start(0);
  start.mutable_start()->mutable_spec()->set_batch_size(13);
  EXPECT_EQ(Try({start}, false).error_code(), grpc::FAILED_PRECONDITION);
}

TEST_F(BatchStreamCallTest, ClientThatGoesWhileABatchIsMadeFreesTheStream) {
  server_.streams.Hold(true);
  auto stream = Begin();
  stream->Write(Start(0));
  server_.streams.AwaitAsked(1);
  context_.TryCancel();
  server_.streams.AwaitLive(0);
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(BatchStreamCallTest, ClientThatGoesWhileItHasNoCreditFreesTheStream) {
  server_.streams.SetBatches(100);
  auto stream = Begin();
  stream->Write(Start(1));
  ASSERT_TRUE(stream->Read(&batch_));
  context_.TryCancel();
  server_.streams.AwaitLive(0);
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(BatchStreamCallTest, ShutdownCutsStreamsWithUnavailable) {
  server_.streams.SetBatches(1'000'000);
  auto stream = Begin();
  stream->Write(Start(2));
  ASSERT_TRUE(stream->Read(&batch_));
  ASSERT_TRUE(stream->Read(&batch_));
  server_.server->RefuseCalls();
  EXPECT_FALSE(stream->Read(&batch_));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(ReadRichError(status).reason, "SHUTTING_DOWN");
  EXPECT_TRUE(server_.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST_F(BatchStreamCallTest, WhatIsCutOffBeforeItsTurnIsNotOpened) {
  // All workers that could open it are busy.
  constexpr int kWorkers = 4;
  server_.streams.HoldOpens(true);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> others;
  for (int i = 0; i < kWorkers; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    others.push_back(stub_->StreamBatches(contexts.back().get()));
    others.back()->Write(Start(0));
  }
  server_.streams.AwaitOpening(kWorkers);
  auto stream = Begin();
  stream->Write(Start(0));
  server_.server->RefuseCalls();
  server_.streams.HoldOpens(false);
  others.push_back(std::move(stream));
  for (const auto& each : others) {
    EXPECT_FALSE(each->Read(&batch_));
    EXPECT_EQ(each->Finish().error_code(), grpc::UNAVAILABLE);
  }
  EXPECT_EQ(server_.streams.opened(), kWorkers);
}

TEST_F(BatchStreamCallTest, BatchOverTheMessageLimitEndsTheStream) {
  GrpcServerOptions options;
  options.max_message_mib = 1;
  TestServer server(options);
  server.streams.SetBatchBytes(2 << 20);
  stub_ = v1::AugmentationService::NewStub(server.channel);
  EXPECT_EQ(ReadRichError(Try({Start(0)}, false)).reason, "ANSWER_TOO_LARGE");
}

TEST_F(BatchStreamCallTest, ManyStreamsAtOnceAllComplete) {
  server_.streams.SetBatches(20);
  std::vector<std::unique_ptr<Thread>> clients;
  std::atomic<int> batches{0};
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::make_unique<Thread>("client", [&, c] {
      grpc::ClientContext context;
      auto stream = stub_->StreamBatches(&context);
      stream->Write(Start(c % 2 == 0 ? 0 : 1));
      v1::StreamBatchesResponse batch;
      while (stream->Read(&batch)) {
        ++batches;
        if (c % 2 == 1) stream->Write(Credit(1));
      }
      EXPECT_TRUE(stream->Finish().ok());
    }));
  }
  clients.clear();
  EXPECT_EQ(batches.load(), 160);
  server_.streams.AwaitLive(0);
}

TEST_F(BatchStreamCallTest, DescribeStreamPassesOn) {
  v1::DescribeStreamRequest request;
  request.mutable_spec()->set_model("models/digits");
  v1::DescribeStreamResponse response;
  ASSERT_TRUE(stub_->DescribeStream(&context_, request, &response).ok());
  EXPECT_EQ(response.model_version(), "models/digits@1");
}

}  // namespace
}  // namespace facet::server
