// SPDX-License-Identifier: Apache-2.0
#include "client/src/status.h"

#include <string>

#include "facet/client/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/base/status_is.h"

namespace facet::client {
namespace {

using testing::HasSubstr;

TEST(FromGrpcTest, OkIsOk) { EXPECT_THAT(FromGrpc(grpc::Status::OK, "h:1"), IsOk()); }

TEST(FromGrpcTest, CodesAndMessagesAreTheServers) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status = FromGrpc({static_cast<grpc::StatusCode>(code), "the message"}, "h:1");
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_THAT(std::string(status.message()), HasSubstr("the message"));
  }
}

TEST(FromGrpcTest, WhereNoServerAnsweredTheAddressIsNamed) {
  const absl::Status status =
      FromGrpc({grpc::StatusCode::UNAVAILABLE,
                "failed to connect to all addresses; last error: UNKNOWN: ipv4:10.0.0.1:8470: Connection refused"},
               "gpu-1:8470");
  EXPECT_EQ(status.message(), "cannot reach a server at gpu-1:8470: Connection refused");
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNAVAILABLE, "Socket closed"}, "gpu-1:8470").message(),
            "cannot reach a server at gpu-1:8470: Socket closed");
  const absl::Status answered = FromGrpc({grpc::StatusCode::UNAVAILABLE, "shutting down", "details"}, "gpu-1:8470");
  EXPECT_EQ(answered.message(), "shutting down");
}

TEST(DescribeErrorTest, GivesEverythingThatTheServerSaid) {
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  info.set_reason("UNKNOWN_CLASS");
  rich.add_details()->PackFrom(info);
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("vectors[2].features[0]");
  bad.add_field_violations()->set_field("format");
  bad.mutable_field_violations(1)->set_description("is none");
  rich.add_details()->PackFrom(bad);
  google::rpc::ResourceInfo resource;
  resource.set_resource_name("models/digits");
  rich.add_details()->PackFrom(resource);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  rich.add_details()->PackFrom(retry);
  const ErrorDescription described =
      DescribeError(FromGrpc({grpc::StatusCode::INVALID_ARGUMENT, "m", rich.SerializeAsString()}, "h:1"));
  EXPECT_EQ(described.reason, "UNKNOWN_CLASS");
  EXPECT_EQ(described.field, "vectors[2].features[0]");
  ASSERT_EQ(described.violations.size(), 2u);
  EXPECT_EQ(described.violations[0].field, "vectors[2].features[0]");
  EXPECT_EQ(described.violations[1].field, "format");
  EXPECT_EQ(described.violations[1].description, "is none");
  EXPECT_EQ(described.resource, "models/digits");
  EXPECT_EQ(described.retry_after, absl::Milliseconds(2500));
}

TEST(DescribeErrorTest, NothingSaidIsNothing) {
  for (const std::string details : {"", "no protobuf at all"}) {
    const ErrorDescription described = DescribeError(FromGrpc({grpc::StatusCode::INTERNAL, "m", details}, "h:1"));
    EXPECT_EQ(described.reason, "");
    EXPECT_EQ(described.field, "");
    EXPECT_EQ(described.resource, "");
    EXPECT_FALSE(described.retry_after.has_value());
  }
  EXPECT_EQ(DescribeError(absl::OkStatus()).reason, "");
}

}  // namespace
}  // namespace facet::client
