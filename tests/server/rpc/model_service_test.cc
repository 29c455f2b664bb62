// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/model_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "facet/v1/model.grpc.pb.h"
#include "tests/server/rpc/fakes/classify_requests.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

class ModelServiceTest : public ::testing::Test {
 protected:
  TestServer server_;
  std::unique_ptr<v1::ModelService::Stub> stub_ = v1::ModelService::NewStub(server_.channel);
  grpc::ClientContext context_;
};

TEST_F(ModelServiceTest, ListsModels) {
  v1::ListModelsResponse response;
  ASSERT_TRUE(stub_->ListModels(&context_, {}, &response).ok());
  EXPECT_EQ(response.models(0).name(), "models/digits@3");
}

TEST_F(ModelServiceTest, LoadsAndUnloads) {
  v1::LoadModelRequest load;
  load.set_name("digits");
  v1::ModelVersion response;
  ASSERT_TRUE(stub_->LoadModel(&context_, load, &response).ok());
  EXPECT_EQ(response.name(), "models/digits@3");
  grpc::ClientContext context;
  v1::UnloadModelRequest unload;
  unload.set_name("models/digits@3");
  EXPECT_TRUE(stub_->UnloadModel(&context, unload, &response).ok());
}

TEST_F(ModelServiceTest, SetsAlias) {
  v1::SetAliasRequest request;
  request.set_name("digits");
  request.set_alias("stable");
  v1::ModelVersion response;
  ASSERT_TRUE(stub_->SetAlias(&context_, request, &response).ok());
  EXPECT_EQ(response.aliases(0), "stable");
}

TEST_F(ModelServiceTest, BadNameIsRefusedWithItsField) {
  v1::GetModelRequest request;
  request.set_name("Not A Name");
  v1::ModelVersion response;
  const grpc::Status status = stub_->GetModel(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReadRichError(status).field, "name");
}

TEST_F(ModelServiceTest, UnknownModelIsNotFoundWithItsName) {
  v1::DeleteModelRequest request;
  request.set_name("faces");
  google::protobuf::Empty response;
  const grpc::Status status = stub_->DeleteModel(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ReadRichError(status).resource_name, "models/faces");
}

TEST_F(ModelServiceTest, PartThatThrowsIsInternalAndTheServerLives) {
  v1::DeleteModelRequest request;
  request.set_name("throw");
  google::protobuf::Empty response;
  const grpc::Status status = stub_->DeleteModel(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::INTERNAL);
  EXPECT_EQ(server_.log.lines().at(0).severity, LogSeverity::kError);
  grpc::ClientContext context;
  v1::ListModelsResponse models;
  EXPECT_TRUE(stub_->ListModels(&context, {}, &models).ok());
}

TEST_F(ModelServiceTest, ClassifyGivesProbabilitiesOfWhatTheClassifierKnows) {
  v1::ClassifyResponse response;
  const grpc::Status status = stub_->Classify(&context_, ClassifyRequestOf({Png(255), Png(51, 30), Png(0)}), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.classifications_size(), 3);
  for (const auto& [image, red] : {std::pair(0, 1.0f), std::pair(1, 0.2f), std::pair(2, 0.0f)}) {
    const v1::Classification& classification = response.classifications(image);
    ASSERT_EQ(classification.features_size(), 1);
    EXPECT_EQ(classification.features(0).feature(), "colour");
    EXPECT_EQ(classification.features(0).weights(0).class_(), "red");
    EXPECT_NEAR(classification.features(0).weights(0).weight(), red, 1e-5);
    EXPECT_NEAR(classification.features(0).weights(1).weight(), 1 - red, 1e-5);
  }
}

TEST_F(ModelServiceTest, ClassifyTakes64ImagesAndNoMore) {
  v1::ClassifyResponse response;
  ASSERT_TRUE(stub_->Classify(&context_, ClassifyRequestOf(std::vector<std::string>(64, Png(9))), &response).ok());
  EXPECT_EQ(response.classifications_size(), 64);
  for (const int count : {0, 65}) {
    grpc::ClientContext context;
    const grpc::Status status =
        stub_->Classify(&context, ClassifyRequestOf(std::vector<std::string>(count, Png(9))), &response);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_EQ(ReadRichError(status).field, "images");
  }
}

TEST_F(ModelServiceTest, ClassifyNamesTheImageThatIsNone) {
  v1::ClassifyResponse response;
  const grpc::Status status = stub_->Classify(&context_, ClassifyRequestOf({Png(1), "not an image"}), &response);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReadRichError(status).field, "images[1].data");
  grpc::ClientContext context;
  v1::ClassifyRequest raw = ClassifyRequestOf({Png(1)});
  raw.mutable_images(0)->set_encoding(v1::IMAGE_ENCODING_RAW);
  EXPECT_EQ(ReadRichError(stub_->Classify(&context, raw, &response)).field, "images[0].encoding");
}

TEST_F(ModelServiceTest, ClassifyObeysTheDeadlineWhileTheEngineIsBusy) {
  server_.models.HoldClassifiers(true);
  v1::ClassifyResponse held;
  std::thread first([&] { EXPECT_TRUE(stub_->Classify(&context_, ClassifyRequestOf({Png(1)}), &held).ok()); });
  server_.models.AwaitHeld();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  v1::ClassifyResponse response;
  EXPECT_EQ(stub_->Classify(&context, ClassifyRequestOf({Png(1)}), &response).error_code(), grpc::DEADLINE_EXCEEDED);
  server_.models.HoldClassifiers(false);
  first.join();
}

TEST_F(ModelServiceTest, ClassifyServesOthersAfterAClientHasGone) {
  server_.models.HoldClassifiers(true);
  v1::ClassifyResponse response;
  std::thread client([&] {
    EXPECT_EQ(
        stub_->Classify(&context_, ClassifyRequestOf(std::vector<std::string>(64, Png(9))), &response).error_code(),
        grpc::CANCELLED);
  });
  server_.models.AwaitHeld();
  context_.TryCancel();
  client.join();
  server_.models.HoldClassifiers(false);
  // The worker is free for others.
  grpc::ClientContext context;
  EXPECT_TRUE(stub_->Classify(&context, ClassifyRequestOf({Png(1)}), &response).ok());
}

TEST_F(ModelServiceTest, CallsThatWaitForModelsHoldUpNoOthers) {
  server_.models.HoldClassifiers(true);
  const v1::ClassifyRequest classify = ClassifyRequestOf({Png(0)});
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      grpc::ClientContext context;
      v1::ClassifyResponse response;
      EXPECT_TRUE(stub_->Classify(&context, classify, &response).ok());
    });
  }
  server_.models.AwaitClassifiers(4);  // as many as there are threads for
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::ListModelsResponse response;
  EXPECT_TRUE(stub_->ListModels(&context_, {}, &response).ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::LoadModelRequest load;
  load.set_name("models/digits");
  v1::ModelVersion version;
  const grpc::Status loaded = stub_->LoadModel(&context, load, &version);
  EXPECT_TRUE(loaded.ok()) << loaded.error_message();
  server_.models.HoldClassifiers(false);
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace facet::server
