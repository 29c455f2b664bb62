// SPDX-License-Identifier: Apache-2.0
#include "client/cli/exit_code.h"

#include <string>

#include "client/src/status.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

int CodeOf(StatusCode code) { return ExitCode(absl::Status(code, "x")); }

TEST(ExitCodeTest, EachKindOfErrorHasItsNumber) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(CodeOf(StatusCode::kInvalidArgument), 2);
  EXPECT_EQ(CodeOf(StatusCode::kOutOfRange), 2);
  EXPECT_EQ(CodeOf(StatusCode::kNotFound), 3);
  EXPECT_EQ(CodeOf(StatusCode::kFailedPrecondition), 4);
  EXPECT_EQ(CodeOf(StatusCode::kAlreadyExists), 4);
  EXPECT_EQ(CodeOf(StatusCode::kResourceExhausted), 5);
  EXPECT_EQ(CodeOf(StatusCode::kUnavailable), 6);
  EXPECT_EQ(CodeOf(StatusCode::kDeadlineExceeded), 7);
  EXPECT_EQ(CodeOf(StatusCode::kDataLoss), 8);
  EXPECT_EQ(CodeOf(StatusCode::kCancelled), 130);
}

TEST(ExitCodeTest, AllOthersAreOne) {
  for (const auto code : {StatusCode::kInternal, StatusCode::kUnknown, StatusCode::kUnimplemented,
                          StatusCode::kPermissionDenied, StatusCode::kUnauthenticated, StatusCode::kAborted}) {
    EXPECT_EQ(CodeOf(code), 1);
  }
}

TEST(ExitCodeTest, AFailedJobIsNoFailureOfTheServer) {
  EXPECT_EQ(ExitCode(JobFailedError("trainingJobs/j ended as failed")), 9);
  EXPECT_EQ(JobFailedError("trainingJobs/j ended as failed").message(), "trainingJobs/j ended as failed");
}

std::string Printed(const absl::Status& status) {
  testing::internal::CaptureStderr();
  PrintError(status);
  return testing::internal::GetCapturedStderr();
}

TEST(PrintErrorTest, SaysWhatAndWhere) {
  google::rpc::Status rich;
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("vectors[0].features[1]");
  rich.add_details()->PackFrom(bad);
  google::rpc::ErrorInfo info;
  info.set_reason("UNKNOWN_CLASS");
  rich.add_details()->PackFrom(info);
  const absl::Status status = client::FromGrpc(
      {grpc::StatusCode::INVALID_ARGUMENT, "no class 'gren'. Did you mean 'green'?", rich.SerializeAsString()}, "h:1");
  EXPECT_EQ(Printed(status),
            "facet: no class 'gren'. Did you mean 'green'? (UNKNOWN_CLASS)\n  field: vectors[0].features[1]\n");
}

TEST(PrintErrorTest, AFieldThatTheMessageBeginsWithIsNotNamedTwice) {
  google::rpc::Status rich;
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("csv.size");
  rich.add_details()->PackFrom(bad);
  const absl::Status status = client::FromGrpc(
      {grpc::StatusCode::INVALID_ARGUMENT, "csv.size: must be in [8, 1024], not 7", rich.SerializeAsString()}, "h:1");
  EXPECT_EQ(Printed(status), "facet: csv.size: must be in [8, 1024], not 7\n");
}

TEST(PrintErrorTest, SaysWhatToDo) {
  EXPECT_THAT(Printed(absl::UnavailableError("cannot reach a server at h:1: Connection refused")),
              HasSubstr("\n  is facetd running there?"));
  EXPECT_EQ(Printed(absl::UnavailableError("the server takes no work")), "facet: the server takes no work\n");
  EXPECT_THAT(Printed(absl::DeadlineExceededError("x")), HasSubstr("--timeout"));
  EXPECT_THAT(Printed(absl::UnimplementedError("x")), HasSubstr("does not offer it"));
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  info.set_reason("UNIMPLEMENTED");
  rich.add_details()->PackFrom(info);
  EXPECT_EQ(Printed(client::FromGrpc(
                {grpc::StatusCode::UNIMPLEMENTED, "it does not classify yet", rich.SerializeAsString()}, "h:1")),
            "facet: it does not classify yet (UNIMPLEMENTED)\n");
  EXPECT_EQ(Printed(absl::NotFoundError("there is no model 'x'")), "facet: there is no model 'x'\n");
}

TEST(PrintErrorTest, OfADamagedVersionItSaysWhatHelps) {
  const auto damaged = [](const char* reason) {
    google::rpc::Status rich;
    google::rpc::ErrorInfo info;
    info.set_reason(reason);
    rich.add_details()->PackFrom(info);
    return Printed(client::FromGrpc({grpc::StatusCode::DATA_LOSS, "x", rich.SerializeAsString()}, "h:1"));
  };
  EXPECT_EQ(damaged("CHECKSUM_MISMATCH"),
            "facet: x (CHECKSUM_MISMATCH)\n  restore it from a copy, or delete that version\n");
  EXPECT_EQ(damaged("STORE_DAMAGED"), "facet: x (STORE_DAMAGED)\n");
}

TEST(PrintErrorTest, SaysWhenToTryAgain) {
  google::rpc::Status rich;
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(3);
  rich.add_details()->PackFrom(retry);
  const std::string printed = Printed(client::FromGrpc(
      {grpc::StatusCode::UNAVAILABLE, "the server is shutting down", rich.SerializeAsString()}, "h:1"));
  EXPECT_THAT(printed, HasSubstr("try again in 3s"));
  EXPECT_THAT(printed, Not(HasSubstr("is facetd running")));
}

}  // namespace
}  // namespace facet::cli
