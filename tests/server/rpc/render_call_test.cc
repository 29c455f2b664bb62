// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/render_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "facet/v1/generation.grpc.pb.h"
#include "model/image/codec.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A vector whose image the fake engine paints in 255 * (weight of digit 0).
v1::FeatureVector MakeVector(const std::string& digit = "0", const std::string& colour = "red") {
  v1::FeatureVector vector;
  auto* digits = vector.add_features();
  digits->set_feature("digit");
  digits->add_weights()->set_class_(digit);
  auto* colours = vector.add_features();
  colours->set_feature("colour");
  colours->add_weights()->set_class_(colour);
  return vector;
}

v1::RenderRequest MakeRequest(int count, v1::ImageEncoding encoding = v1::IMAGE_ENCODING_RAW) {
  v1::RenderRequest request;
  request.set_model("models/digits@stable");
  request.mutable_format()->set_encoding(encoding);
  for (int i = 0; i < count; ++i) *request.add_vectors() = MakeVector(i % 2 == 0 ? "0" : "1");
  return request;
}

class RenderCallTest : public ::testing::Test {
 protected:
  grpc::Status Render(const v1::RenderRequest& request) {
    grpc::ClientContext context;
    return stub_->Render(&context, request, &response_);
  }

  TestServer server_;
  std::unique_ptr<v1::GenerationService::Stub> stub_ = v1::GenerationService::NewStub(server_.channel);
  v1::RenderResponse response_;
};

TEST_F(RenderCallTest, RawImagesComeInOneBuffer) {
  const grpc::Status status = Render(MakeRequest(2));
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.images_size(), 1);
  EXPECT_THAT(response_.images(0).shape(), ElementsAre(2, 4, 4, 3));
  EXPECT_EQ(response_.images(0).data(), std::string(48, '\xff') + std::string(48, '\0'));
  EXPECT_EQ(response_.model_version(), "models/digits@3");
}

TEST_F(RenderCallTest, PngIsTheDefaultAndComesOneEach) {
  ASSERT_TRUE(Render(MakeRequest(3, v1::IMAGE_ENCODING_UNSPECIFIED)).ok());
  ASSERT_EQ(response_.images_size(), 3);
  EXPECT_EQ(response_.images(1).encoding(), v1::IMAGE_ENCODING_PNG);
  auto image = model::DecodeImage(response_.images(2).data());
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->pixels.at(0), 255);
}

TEST_F(RenderCallTest, LargeAnswerArrivesWhole) {
  TestServer server({}, {512, 512, 3});
  auto stub = v1::GenerationService::NewStub(server.channel);
  grpc::ClientContext context;
  ASSERT_TRUE(stub->Render(&context, MakeRequest(32), &response_).ok());
  EXPECT_EQ(response_.images(0).data().size(), 32u * 512 * 512 * 3);
}

TEST_F(RenderCallTest, LoadsAModelThatIsNotInMemory) {
  server_.models.SetLoaded(false);
  EXPECT_TRUE(Render(MakeRequest(1)).ok());
  EXPECT_EQ(server_.models.loads(), 1);
  EXPECT_TRUE(Render(MakeRequest(1)).ok());
  EXPECT_EQ(server_.models.loads(), 1);
}

TEST_F(RenderCallTest, LargeRequestIsReadOnTheWorkers) {
  v1::RenderRequest request = MakeRequest(1);
  request.mutable_vectors(0)->mutable_features(0)->mutable_weights(0)->set_class_(std::string(1 << 20, 'x'));
  EXPECT_EQ(Render(request).error_code(), grpc::INVALID_ARGUMENT);
  request = MakeRequest(256);
  for (auto& vector : *request.mutable_vectors()) {
    auto* weights = vector.mutable_features(0)->mutable_weights();
    for (int i = 1; i < 3; ++i) {
      auto* weight = weights->Add();
      weight->set_class_(weights->at(0).class_() == "0" ? std::to_string(i) : std::to_string(2 * (i - 1)));
      weight->set_weight(0);
    }
  }
  EXPECT_TRUE(Render(request).ok());
}

struct BadRequestCase {
  const char* name;
  std::function<void(v1::RenderRequest&)> spoil;
  const char* field;
  const char* in_message;
};

class BadRenderTest : public RenderCallTest, public ::testing::WithParamInterface<BadRequestCase> {};

TEST_P(BadRenderTest, IsInvalidArgumentWithItsPath) {
  v1::RenderRequest request = MakeRequest(3);
  GetParam().spoil(request);
  const grpc::Status status = Render(request);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReadRichError(status).field, GetParam().field);
  EXPECT_THAT(status.error_message(), HasSubstr(GetParam().in_message));
  EXPECT_EQ(server_.engine.submitted(), 0);
}

v1::ClassWeight& FirstWeight(v1::RenderRequest& request) {
  return *request.mutable_vectors(1)->mutable_features(0)->mutable_weights(0);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRenderTest,
    ::testing::Values(
        BadRequestCase{"UnknownFeature",
                       [](auto& r) { r.mutable_vectors(2)->mutable_features(1)->set_feature("color"); },
                       "vectors[2].features[1].feature", "'colour'"},
        BadRequestCase{
            "UnknownClass",
            [](auto& r) { r.mutable_vectors(0)->mutable_features(1)->mutable_weights(0)->set_class_("rad"); },
            "vectors[0].features[1].weights[0].class", "'red'"},
        BadRequestCase{"NanWeight", [](auto& r) { FirstWeight(r).set_weight(std::nanf("")); },
                       "vectors[1].features[0].weights[0].weight", ""},
        BadRequestCase{"InfiniteWeight",
                       [](auto& r) { FirstWeight(r).set_weight(std::numeric_limits<float>::infinity()); },
                       "vectors[1].features[0].weights[0].weight", ""},
        BadRequestCase{"NegativeWeight", [](auto& r) { FirstWeight(r).set_weight(-0.5f); },
                       "vectors[1].features[0].weights[0].weight", ""},
        BadRequestCase{"EmptyVector", [](auto& r) { r.mutable_vectors(1)->Clear(); }, "vectors[1].features", ""},
        BadRequestCase{"NoVectors", [](auto& r) { r.clear_vectors(); }, "vectors", "no vector"},
        BadRequestCase{"TooManyVectors",
                       [](auto& r) {
                         while (r.vectors_size() < 257) *r.add_vectors() = MakeVector();
                       },
                       "vectors", "at most 256"},
        BadRequestCase{"NoModel", [](auto& r) { r.clear_model(); }, "model", "empty"},
        BadRequestCase{"BadFormat",
                       [](auto& r) { r.mutable_format()->set_encoding(static_cast<v1::ImageEncoding>(77)); },
                       "format.encoding", "77"}),
    [](const auto& test) { return test.param.name; });

TEST_F(RenderCallTest, UnknownModelIsNotFound) {
  v1::RenderRequest request = MakeRequest(1);
  request.set_model("faces");
  const grpc::Status status = Render(request);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ReadRichError(status).resource_name, "models/faces");
}

TEST_F(RenderCallTest, AnswerOverTheMessageLimitNamesRenderStream) {
  GrpcServerOptions options;
  options.max_message_mib = 1;
  TestServer server(options, {256, 256, 3});
  auto stub = v1::GenerationService::NewStub(server.channel);
  grpc::ClientContext context;
  const grpc::Status status = stub->Render(&context, MakeRequest(6), &response_);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(status).reason, "ANSWER_TOO_LARGE");
  EXPECT_THAT(status.error_message(), HasSubstr("RenderStream"));
  EXPECT_EQ(server.engine.submitted(), 0);
}

TEST_F(RenderCallTest, RequestOverTheMessageLimitIsRefusedAndTheServerLives) {
  GrpcServerOptions options;
  options.max_message_mib = 1;
  TestServer server(options);
  auto stub = v1::GenerationService::NewStub(server.channel);
  v1::RenderRequest request = MakeRequest(1);
  request.set_model(std::string(2 << 20, 'x'));
  grpc::ClientContext context;
  EXPECT_EQ(stub->Render(&context, request, &response_).error_code(), grpc::RESOURCE_EXHAUSTED);
  grpc::ClientContext again;
  EXPECT_TRUE(stub->Render(&again, MakeRequest(1), &response_).ok());
}

TEST_F(RenderCallTest, FullQueueSaysWhenToRetry) {
  server_.engine.RefuseNext(
      {WithRetryAfter(WithReason(absl::ResourceExhaustedError("full"), "QUEUE_FULL"), absl::Milliseconds(250))});
  const grpc::Status status = Render(MakeRequest(1));
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(status).reason, "QUEUE_FULL");
  EXPECT_EQ(ReadRichError(status).retry_seconds, 0.25);
}

TEST_F(RenderCallTest, DeadlineTravelsToTheEngine) {
  server_.engine.Hold();
  grpc::ClientContext context;
  const absl::Time deadline = absl::Now() + absl::Seconds(600);
  context.set_deadline(absl::ToChronoTime(deadline));
  absl::Notification done;
  const v1::RenderRequest request = MakeRequest(1);
  stub_->async()->Render(&context, &request, &response_, [&](const grpc::Status&) { done.Notify(); });
  server_.engine.AwaitSubmitted(1);
  EXPECT_LT(absl::AbsDuration(server_.engine.deadline_of(1) - deadline), absl::Seconds(5));
  server_.engine.ReleaseAll();
  done.WaitForNotification();
}

TEST_F(RenderCallTest, DeadlineThatHasPassedIsDeadlineExceeded) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  EXPECT_EQ(stub_->Render(&context, MakeRequest(1), &response_).error_code(), grpc::DEADLINE_EXCEEDED);
}

TEST_F(RenderCallTest, DeadlineWhileTheEngineIsBusyEndsTheTask) {
  server_.engine.Hold();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  EXPECT_EQ(stub_->Render(&context, MakeRequest(1), &response_).error_code(), grpc::DEADLINE_EXCEEDED);
  server_.engine.AwaitCancelled(1);
}

TEST_F(RenderCallTest, CancelReachesTheEngine) {
  server_.engine.Hold();
  grpc::ClientContext context;
  absl::Notification done;
  const v1::RenderRequest request = MakeRequest(1);
  stub_->async()->Render(&context, &request, &response_, [&](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::CANCELLED);
    done.Notify();
  });
  server_.engine.AwaitSubmitted(1);
  context.TryCancel();
  done.WaitForNotification();
  server_.engine.AwaitCancelled(1);
}

TEST_F(RenderCallTest, ErrorOfTheRendererArrives) {
  server_.engine.Hold();
  grpc::ClientContext context;
  absl::Notification done;
  grpc::Status result;
  const v1::RenderRequest request = MakeRequest(1);
  stub_->async()->Render(&context, &request, &response_, [&](grpc::Status status) {
    result = std::move(status);
    done.Notify();
  });
  server_.engine.AwaitSubmitted(1);
  server_.engine.FailAll(WithReason(absl::InternalError("the device failed"), "DEVICE_FAULT"));
  done.WaitForNotification();
  EXPECT_EQ(ReadRichError(result).reason, "DEVICE_FAULT");
}

TEST_F(RenderCallTest, ManyAtOnceAllSucceed) {
  constexpr int kCalls = 200;
  std::vector<grpc::ClientContext> contexts(kCalls);
  std::vector<v1::RenderResponse> responses(kCalls);
  std::atomic<int> left{kCalls};
  std::atomic<int> good{0};
  absl::Notification all;
  const v1::RenderRequest raw = MakeRequest(3);
  const v1::RenderRequest png = MakeRequest(3, v1::IMAGE_ENCODING_PNG);
  for (int i = 0; i < kCalls; ++i) {
    stub_->async()->Render(&contexts[i], i % 2 == 0 ? &raw : &png, &responses[i], [&](const grpc::Status& status) {
      good += status.ok() ? 1 : 0;
      if (--left == 0) all.Notify();
    });
  }
  all.WaitForNotification();
  EXPECT_EQ(good.load(), kCalls);
}

}  // namespace
}  // namespace facet::server
