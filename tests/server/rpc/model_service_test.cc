// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/model_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "facet/v1/model.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

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

TEST_F(ModelServiceTest, ClassifyIsUnimplementedWithASentence) {
  v1::ClassifyResponse response;
  const grpc::Status status = stub_->Classify(&context_, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("does not classify images yet"));
  EXPECT_EQ(ReadRichError(status).reason, "NOT_SERVED_YET");
}

}  // namespace
}  // namespace facet::server
