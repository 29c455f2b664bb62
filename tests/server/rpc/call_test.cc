// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/call.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/synchronization/notification.h"
#include "facet/v1/generation.grpc.pb.h"
#include "facet/v1/model.grpc.pb.h"
#include "tests/server/rpc/fakes/held_render.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class CallTest : public ::testing::Test {
 protected:
  grpc::Status GetModel(grpc::ClientContext& context, const std::string& name = "digits") {
    v1::GetModelRequest request;
    request.set_name(name);
    v1::ModelVersion response;
    return v1::ModelService::NewStub(server_.channel)->GetModel(&context, request, &response);
  }
  // What the server returned as the id of the request.
  static std::string ReturnedId(const grpc::ClientContext& context) {
    const auto entry = context.GetServerInitialMetadata().find("x-request-id");
    if (entry == context.GetServerInitialMetadata().end()) return "";
    return std::string(entry->second.data(), entry->second.size());
  }

  TestServer server_;
};

TEST_F(CallTest, ReturnsTheClientsRequestId) {
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "my-id-7");
  ASSERT_TRUE(GetModel(context).ok());
  EXPECT_EQ(ReturnedId(context), "my-id-7");
}

TEST_F(CallTest, MakesARequestIdWhereThereIsNone) {
  grpc::ClientContext first;
  grpc::ClientContext second;
  ASSERT_TRUE(GetModel(first).ok());
  ASSERT_TRUE(GetModel(second).ok());
  EXPECT_THAT(ReturnedId(first), MatchesRegex("[0-9a-f]+"));
  EXPECT_NE(ReturnedId(first), ReturnedId(second));
}

TEST_F(CallTest, ReplacesARequestIdThatWouldHarmTheLog) {
  for (const std::string& bad : {std::string(200, 'x'), std::string("two words")}) {
    grpc::ClientContext context;
    context.AddMetadata("x-request-id", bad);
    ASSERT_TRUE(GetModel(context).ok());
    EXPECT_NE(ReturnedId(context), bad);
    EXPECT_NE(ReturnedId(context), "");
  }
}

TEST_F(CallTest, ErrorsCarryTheRequestIdToo) {
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "my-id-8");
  EXPECT_EQ(GetModel(context, "faces").error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ReturnedId(context), "my-id-8");
}

TEST_F(CallTest, WritesOneLineForEachCall) {
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "my-id-9");
  GetModel(context, "faces");
  ASSERT_EQ(server_.log.lines().size(), 1u);
  const FakeLog::Line line = server_.log.lines()[0];
  EXPECT_EQ(line.severity, LogSeverity::kInfo);
  EXPECT_EQ(line.fields.at("method"), "facet.v1.ModelService/GetModel");
  EXPECT_EQ(line.fields.at("code"), "NOT_FOUND");
  EXPECT_EQ(line.fields.at("request_id"), "my-id-9");
  EXPECT_EQ(line.fields.at("reason"), "RESOURCE_NOT_FOUND");
  EXPECT_THAT(line.fields.at("error"), HasSubstr("models/faces"));
  EXPECT_THAT(line.fields.at("duration_ms"), MatchesRegex("[0-9]+\\.[0-9]+"));
  EXPECT_EQ(line.numbers, std::set<std::string>{"duration_ms"});
  EXPECT_THAT(line.fields.at("peer"), HasSubstr("127.0.0.1"));
}

TEST_F(CallTest, CountsBeginningsAndEnds) {
  for (const char* name : {"digits", "digits", "faces"}) {
    grpc::ClientContext context;
    GetModel(context, name);
  }
  const std::string text = server_.metrics->Text();
  EXPECT_THAT(text, HasSubstr("facet_rpc_started_total{method=\"facet.v1.ModelService/GetModel\"} 3"));
  EXPECT_THAT(text, HasSubstr("{code=\"OK\",method=\"facet.v1.ModelService/GetModel\"} 2"));
  EXPECT_THAT(text, HasSubstr("{code=\"NOT_FOUND\",method=\"facet.v1.ModelService/GetModel\"} 1"));
}

TEST_F(CallTest, RequestThatIsNoMessageIsInvalidAndCounted) {
  grpc::GenericStub stub(server_.channel);
  grpc::Slice slice(std::string("\xff\xff\xff\xff"));
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, "/facet.v1.ModelService/GetModel", {}, &request, &response, [&](grpc::Status s) {
    status = std::move(s);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReadRichError(status).reason, "MALFORMED_REQUEST");
  EXPECT_THAT(server_.metrics->Text(),
              HasSubstr("{code=\"INVALID_ARGUMENT\",method=\"facet.v1.ModelService/GetModel\"} 1"));
}

TEST_F(CallTest, RefusesCallsOverItsLimit) {
  GrpcServerOptions options;
  options.max_calls = 1;
  TestServer server(options);
  HeldRender first(server);
  grpc::ClientContext second;
  v1::RenderResponse response;
  const grpc::Status refused =
      v1::GenerationService::NewStub(server.channel)->Render(&second, HeldRender::MakeRequest(), &response);
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(refused).reason, "TOO_MANY_CALLS");
  EXPECT_TRUE(ReadRichError(refused).retry_seconds.has_value());
  server.engine.ReleaseAll();
  EXPECT_TRUE(first.End().ok()) << first.End().error_message();
}

}  // namespace
}  // namespace facet::server
