// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/health_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

HealthCheckRequest Of(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, Of(service), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  TestServer server_;
  std::unique_ptr<Health::Stub> stub_ = Health::NewStub(server_.channel);
  grpc::ClientContext context_;
  HealthCheckResponse response_;
};

TEST_F(HealthServiceTest, SpeaksForTheServerAndEachService) {
  for (const char* service : {"", "facet.v1.DatasetService", "facet.v1.TrainingService", "facet.v1.ModelService",
                              "facet.v1.GenerationService", "facet.v1.AugmentationService"}) {
    EXPECT_EQ(Check(service), HealthCheckResponse::SERVING) << service;
  }
  server_.server->SetServing(false);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("facet.v1.ModelService"), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, CheckOfAnUnknownServiceIsNotFound) {
  const grpc::Status status = stub_->Check(&context_, Of("facet.v1.ModelServis"), &response_);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("'facet.v1.ModelService'"));
}

TEST_F(HealthServiceTest, WatchesBeyondTheLimitHearWhenToTryAgain) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<HealthCheckResponse>>> watches;
  for (int i = 0; i < 1024; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->Watch(contexts.back().get(), Of("")));
    ASSERT_TRUE(watches.back()->Read(&response_));
  }
  // A connection has room for no more.
  auto reader = Health::NewStub(server_.NewChannel())->Watch(&context_, Of(""));
  EXPECT_FALSE(reader->Read(&response_));
  const RichError error = ReadRichError(reader->Finish());
  EXPECT_EQ(error.reason, "TOO_MANY_CALLS");
  EXPECT_GT(error.retry_seconds.value_or(0), 0);
  for (auto& context : contexts) context->TryCancel();
  for (auto& watch : watches) watch->Finish();
}

TEST_F(HealthServiceTest, WatchTellsEveryChange) {
  auto reader = stub_->Watch(&context_, Of(""));
  ASSERT_TRUE(reader->Read(&response_));
  EXPECT_EQ(response_.status(), HealthCheckResponse::SERVING);
  server_.server->SetServing(true);  // no change, no message
  server_.server->SetServing(false);
  ASSERT_TRUE(reader->Read(&response_));
  EXPECT_EQ(response_.status(), HealthCheckResponse::NOT_SERVING);
  server_.server->SetServing(true);
  ASSERT_TRUE(reader->Read(&response_));
  EXPECT_EQ(response_.status(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchOfAnUnknownServiceSaysSo) {
  auto reader = stub_->Watch(&context_, Of("nobody"));
  ASSERT_TRUE(reader->Read(&response_));
  EXPECT_EQ(response_.status(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthServiceTest, ChecksAreAnsweredWhileShuttingDown) {
  server_.server->SetServing(false);
  server_.server->RefuseCalls();
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, WatchesDoNotHoldUpAShutdown) {
  auto reader = stub_->Watch(&context_, Of(""));
  ASSERT_TRUE(reader->Read(&response_));
  server_.server->SetServing(false);
  ASSERT_TRUE(reader->Read(&response_));
  EXPECT_EQ(response_.status(), HealthCheckResponse::NOT_SERVING);
  server_.server->RefuseCalls();
  EXPECT_FALSE(reader->Read(&response_));
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAVAILABLE);
  EXPECT_TRUE(server_.server->AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST_F(HealthServiceTest, ManyWatchersHearTheLastOfManyChanges) {
  constexpr int kWatchers = 6;
  absl::Mutex mutex;
  std::vector<HealthCheckResponse::ServingStatus> heard(kWatchers, HealthCheckResponse::UNKNOWN);
  std::vector<std::unique_ptr<Thread>> watchers;
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<Thread>("watcher", [&, i] {
      grpc::ClientContext context;
      auto reader = stub_->Watch(&context, Of(""));
      HealthCheckResponse response;
      while (reader->Read(&response)) {
        absl::MutexLock lock(&mutex);
        heard[i] = response.status();
      }
      reader->Finish();
    }));
  }
  auto all_heard = [&](HealthCheckResponse::ServingStatus wanted) {
    auto all = [&] { return std::count(heard.begin(), heard.end(), wanted) == kWatchers; };
    absl::MutexLock lock(&mutex, absl::Condition(&all));
  };
  all_heard(HealthCheckResponse::SERVING);
  for (int i = 0; i < 301; ++i) server_.server->SetServing(i % 2 != 0);
  all_heard(HealthCheckResponse::NOT_SERVING);
  server_.server->RefuseCalls();
  watchers.clear();
}

}  // namespace
}  // namespace facet::server
