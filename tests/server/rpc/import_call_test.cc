// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/import_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "facet/v1/dataset.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::ImportDatasetRequest Spec(const std::string& dataset) {
  v1::ImportDatasetRequest request;
  request.mutable_spec()->set_dataset(dataset);
  return request;
}

v1::ImportDatasetRequest Chunk(const std::string& path, size_t bytes) {
  v1::ImportDatasetRequest request;
  request.mutable_chunk()->set_path(path);
  request.mutable_chunk()->set_data(std::string(bytes, 'x'));
  return request;
}

class ImportCallTest : public ::testing::Test {
 protected:
  std::unique_ptr<grpc::ClientWriter<v1::ImportDatasetRequest>> Begin() {
    return stub_->ImportDataset(&context_, &dataset_);
  }
  // Sends all messages and half-closes.
  grpc::Status Import(const std::vector<v1::ImportDatasetRequest>& messages) {
    auto writer = Begin();
    for (const auto& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  TestServer server_;
  std::unique_ptr<v1::DatasetService::Stub> stub_ = v1::DatasetService::NewStub(server_.channel);
  grpc::ClientContext context_;
  v1::Dataset dataset_;
};

TEST_F(ImportCallTest, TakesSpecThenChunksInOrder) {
  const grpc::Status status = Import({Spec("digits"), Chunk("a.csv", 10), Chunk("a.csv", 20), Chunk("b.png", 5)});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(dataset_.name(), "datasets/digits@1");
  EXPECT_THAT(server_.datasets.chunks(), ElementsAre("a.csv:10", "a.csv:20", "b.png:5"));
}

TEST_F(ImportCallTest, NeedsNoChunks) {
  EXPECT_TRUE(Import({Spec("digits")}).ok());
  EXPECT_THAT(server_.datasets.finished(), ElementsAre("digits"));
}

TEST_F(ImportCallTest, RefusesWhatIsOutOfOrder) {
  struct Case {
    std::vector<v1::ImportDatasetRequest> messages;
    const char* reason;
  };
  for (const Case& c :
       {Case{{}, "MISSING_SPEC"}, Case{{Chunk("a", 1)}, "MISSING_SPEC"},
        Case{{Spec("digits"), Spec("digits")}, "SECOND_SPEC"}, Case{{v1::ImportDatasetRequest()}, "MISSING_PAYLOAD"}}) {
    grpc::ClientContext context;
    auto writer = stub_->ImportDataset(&context, &dataset_);
    for (const auto& message : c.messages) writer->Write(message);
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << c.reason;
    EXPECT_EQ(ReadRichError(status).reason, c.reason);
  }
  EXPECT_THAT(server_.datasets.finished(), IsEmpty());
}

TEST_F(ImportCallTest, BadSpecAndBadChunkAreRefusedByTheirPath) {
  EXPECT_EQ(ReadRichError(Import({Spec("")})).field, "spec.dataset");
  grpc::ClientContext context;
  auto writer = stub_->ImportDataset(&context, &dataset_);
  writer->Write(Spec("digits"));
  writer->Write(Chunk("../etc", 1));
  // The answer comes although the client has not half-closed.
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(ReadRichError(status).field, "chunk.path");
  server_.datasets.AwaitAbandoned(1);
}

TEST_F(ImportCallTest, WaitsForTheDiskBeforeReadingOn) {
  server_.datasets.HoldAdds(true);
  auto writer = Begin();
  writer->Write(Spec("digits"));
  // Far more than gRPC and the kernel buffer: writing would end without
  // back-pressure.
  std::atomic<int> written{0};
  Thread client("client", [&] {
    for (int i = 0; i < 64; ++i) {
      if (!writer->Write(Chunk("big", 1 << 20))) break;
      ++written;
    }
    writer->WritesDone();
  });
  EXPECT_TRUE(server_.datasets.chunks().empty());
  server_.datasets.HoldAdds(false);
  client.Join();
  EXPECT_EQ(written.load(), 64);
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_EQ(server_.datasets.chunks().size(), 64u);
}

TEST_F(ImportCallTest, ClientThatGoesLeavesNothing) {
  auto writer = Begin();
  writer->Write(Spec("digits"));
  writer->Write(Chunk("a", 1));
  server_.datasets.AwaitChunks(1);  // a cancel may overtake what was written
  context_.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::CANCELLED);
  server_.datasets.AwaitAbandoned(1);
  EXPECT_THAT(server_.datasets.finished(), IsEmpty());
}

TEST_F(ImportCallTest, CancelReachesAnImportThatIsFinishing) {
  server_.datasets.FinishOnlyWhenCancelled();
  auto writer = Begin();
  writer->Write(Spec("digits"));
  writer->WritesDone();
  server_.datasets.AwaitFinishing();
  context_.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::CANCELLED);
  server_.datasets.AwaitAbandoned(1);
}

TEST_F(ImportCallTest, RefusesMoreImportsThanItsLimit) {
  GrpcServerOptions options;
  options.max_imports = 1;
  TestServer server(options);
  auto stub = v1::DatasetService::NewStub(server.channel);
  grpc::ClientContext first_context;
  v1::Dataset first_dataset;
  auto first = stub->ImportDataset(&first_context, &first_dataset);
  first->Write(Spec("digits"));
  first->Write(Chunk("a", 1));
  server.datasets.AwaitChunks(1);
  grpc::ClientContext context;
  auto second = stub->ImportDataset(&context, &dataset_);
  second->Write(Spec("digits"));
  const grpc::Status refused = second->Finish();
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(refused).reason, "TOO_MANY_IMPORTS");
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());
}

TEST_F(ImportCallTest, CallsThatHaveSaidNothingHoldNoPlace) {
  GrpcServerOptions options;
  options.max_imports = 1;
  TestServer server(options);
  auto stub = v1::DatasetService::NewStub(server.channel);
  grpc::ClientContext silent_context;
  v1::Dataset none;
  auto silent = stub->ImportDataset(&silent_context, &none);
  while (server.server->AwaitIdle(absl::InfinitePast())) std::this_thread::yield();
  auto writer = stub->ImportDataset(&context_, &dataset_);
  writer->Write(Spec("digits"));
  writer->WritesDone();
  EXPECT_TRUE(writer->Finish().ok());
  silent_context.TryCancel();
  EXPECT_EQ(silent->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(ImportCallTest, AnImportThatFallsSilentIsEnded) {
  for (const bool begun : {false, true}) {
    GrpcServerOptions options;
    // One that begins must come to it first, on a busy machine, too.
    options.import_silence = begun ? absl::Seconds(2) : absl::Milliseconds(50);
    TestServer server(options);
    auto stub = v1::DatasetService::NewStub(server.channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    auto writer = stub->ImportDataset(&context, &dataset_);
    if (begun) {
      writer->Write(Spec("digits"));
      writer->Write(Chunk("a", 1));
    }
    const grpc::Status status = writer->Finish();
    EXPECT_EQ(status.error_code(), grpc::ABORTED) << begun << status.error_message();
    EXPECT_EQ(ReadRichError(status).reason, "IMPORT_SILENT");
    if (begun) server.datasets.AwaitAbandoned(1);
    EXPECT_TRUE(server.server->AwaitIdle(absl::InfiniteFuture()));
  }
}

// What the server does itself may take longer.
TEST_F(ImportCallTest, AnImportAtWorkIsNotSilent) {
  GrpcServerOptions options;
  options.import_silence = absl::Seconds(1);
  TestServer server(options);
  server.datasets.FinishOnlyWhenCancelled();
  auto stub = v1::DatasetService::NewStub(server.channel);
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(2500));
  auto writer = stub->ImportDataset(&context_, &dataset_);
  writer->Write(Spec("digits"));
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::DEADLINE_EXCEEDED);
}

void ExpectShuttingDown(const grpc::Status& status) {
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReadRichError(status).reason, "SHUTTING_DOWN");
  EXPECT_TRUE(ReadRichError(status).retry_seconds.has_value());
}

TEST_F(ImportCallTest, AShutdownEndsUploads) {
  auto writer = Begin();
  writer->Write(Spec("digits"));
  writer->Write(Chunk("a", 1));
  server_.datasets.AwaitChunks(1);
  server_.server->RefuseCalls();
  ExpectShuttingDown(writer->Finish());
  server_.datasets.AwaitAbandoned(1);
  EXPECT_TRUE(server_.server->AwaitIdle(absl::InfiniteFuture()));
}

TEST_F(ImportCallTest, AShutdownEndsAnUploadThatIsBeingWritten) {
  server_.datasets.HoldAdds(true);
  auto writer = Begin();
  writer->Write(Spec("digits"));
  writer->Write(Chunk("a", 1));
  server_.datasets.AwaitAdding();
  server_.server->RefuseCalls();
  server_.datasets.HoldAdds(false);
  ExpectShuttingDown(writer->Finish());
  server_.datasets.AwaitAbandoned(1);
}

TEST_F(ImportCallTest, AnImportThatNeedsNoMoreOfItsClientGoesOnWhileTheServerDrains) {
  server_.datasets.FinishOnlyWhenCancelled();
  auto writer = Begin();
  writer->Write(Spec("digits"));
  writer->WritesDone();
  server_.datasets.AwaitFinishing();
  server_.server->RefuseCalls();
  EXPECT_FALSE(server_.server->AwaitIdle(absl::InfinitePast()));
  EXPECT_EQ(server_.datasets.abandoned(), 0);
  server_.server->CutOffCalls();
  ExpectShuttingDown(writer->Finish());
  server_.datasets.AwaitAbandoned(1);
}

TEST_F(ImportCallTest, UnaryMethodsOfTheServicePassOn) {
  v1::GetDatasetRequest get;
  get.set_name("datasets/digits");
  EXPECT_TRUE(stub_->GetDataset(&context_, get, &dataset_).ok());
  EXPECT_EQ(dataset_.name(), "datasets/digits@1");
  grpc::ClientContext missing;
  get.set_name("datasets/faces");
  EXPECT_EQ(ReadRichError(stub_->GetDataset(&missing, get, &dataset_)).resource_name, "datasets/faces");
  grpc::ClientContext listing;
  v1::ListDatasetsRequest list;
  list.set_page_size(7);
  v1::ListDatasetsResponse page;
  ASSERT_TRUE(stub_->ListDatasets(&listing, list, &page).ok());
  EXPECT_EQ(page.next_page_token(), "after 7");
  grpc::ClientContext deleting;
  google::protobuf::Empty empty;
  EXPECT_EQ(ReadRichError(stub_->DeleteDataset(&deleting, {}, &empty)).reason, "DATASET_IN_USE");
}

TEST_F(ImportCallTest, AnswerOverTheMessageLimitIsRefusedBeforeItIsSent) {
  GrpcServerOptions options;
  options.max_message_mib = 1;
  TestServer server(options);
  auto stub = v1::DatasetService::NewStub(server.channel);
  v1::ReadDatasetImagesRequest request;
  request.add_indices(1 << 20);
  v1::ReadDatasetImagesResponse response;
  const grpc::Status status = stub->ReadDatasetImages(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(status).reason, "ANSWER_TOO_LARGE");
  grpc::ClientContext context;
  request.set_indices(0, 1 << 19);
  EXPECT_TRUE(stub->ReadDatasetImages(&context, request, &response).ok());
}

}  // namespace
}  // namespace facet::server
