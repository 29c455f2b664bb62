// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/status_mapping.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/mistakes.h"
#include "base/utf8.h"
#include "tests/server/rpc/fakes/rich_error.h"

namespace facet::server {
namespace {

TEST(StatusMappingTest, OkIsOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok()); }

class EveryCodeTest : public ::testing::TestWithParam<std::pair<absl::StatusCode, grpc::StatusCode>> {};

TEST_P(EveryCodeTest, KeepsCodeAndNamesItAsReason) {
  const auto [code, expected] = GetParam();
  const grpc::Status status = ToGrpcStatus(absl::Status(code, "what happened"));
  EXPECT_EQ(status.error_code(), expected);
  EXPECT_EQ(status.error_message(), "what happened");
  const RichError error = ReadRichError(status);
  EXPECT_EQ(error.code, expected);
  EXPECT_EQ(error.domain, "facet");
  EXPECT_EQ(error.reason, absl::StatusCodeToString(code));
}

INSTANTIATE_TEST_SUITE_P(All, EveryCodeTest,
                         ::testing::Values(std::pair(absl::StatusCode::kCancelled, grpc::CANCELLED),
                                           std::pair(absl::StatusCode::kUnknown, grpc::UNKNOWN),
                                           std::pair(absl::StatusCode::kInvalidArgument, grpc::INVALID_ARGUMENT),
                                           std::pair(absl::StatusCode::kDeadlineExceeded, grpc::DEADLINE_EXCEEDED),
                                           std::pair(absl::StatusCode::kNotFound, grpc::NOT_FOUND),
                                           std::pair(absl::StatusCode::kAlreadyExists, grpc::ALREADY_EXISTS),
                                           std::pair(absl::StatusCode::kPermissionDenied, grpc::PERMISSION_DENIED),
                                           std::pair(absl::StatusCode::kResourceExhausted, grpc::RESOURCE_EXHAUSTED),
                                           std::pair(absl::StatusCode::kFailedPrecondition, grpc::FAILED_PRECONDITION),
                                           std::pair(absl::StatusCode::kAborted, grpc::ABORTED),
                                           std::pair(absl::StatusCode::kOutOfRange, grpc::OUT_OF_RANGE),
                                           std::pair(absl::StatusCode::kUnimplemented, grpc::UNIMPLEMENTED),
                                           std::pair(absl::StatusCode::kInternal, grpc::INTERNAL),
                                           std::pair(absl::StatusCode::kUnavailable, grpc::UNAVAILABLE),
                                           std::pair(absl::StatusCode::kDataLoss, grpc::DATA_LOSS),
                                           std::pair(absl::StatusCode::kUnauthenticated, grpc::UNAUTHENTICATED)));

TEST(StatusMappingTest, FieldBecomesBadRequest) {
  const RichError error = ReadRichError(ToGrpcStatus(
      PrefixField(InvalidField("features[0].feature", "UNKNOWN_FEATURE", "no feature 'x'"), "vectors[2]")));
  EXPECT_EQ(error.reason, "UNKNOWN_FEATURE");
  EXPECT_EQ(error.field, "vectors[2].features[0].feature");
  EXPECT_EQ(error.description, "no feature 'x'");
}

TEST(StatusMappingTest, AMessageSaysWhatItIsAbout) {
  const auto message = [](const char* field, const char* text) {
    const grpc::Status status = ToGrpcStatus(InvalidField(field, "BAD", text));
    EXPECT_EQ(ReadRichError(status).description, text);
    EXPECT_EQ(ReadRichError(status).field, field);
    return status.error_message();
  };
  EXPECT_EQ(message("spec.csv.image_size", "must be in [8, 1024], or 0 for 64, not 7"),
            "spec.csv.image_size: must be in [8, 1024], or 0 for 64, not 7");
  EXPECT_EQ(message("indices[3]", "-1 must lie in [0, 12000)"), "indices[3]: -1 must lie in [0, 12000)");
  EXPECT_EQ(message("states[0]", "there is no state with number 9"), "states[0]: there is no state with number 9");
  EXPECT_EQ(message("spec.min", "it is minute"), "spec.min: it is minute");
  // It has a subject.
  EXPECT_EQ(message("spec.batch_size", "batch_size -1 must lie in [1, 9]"), "batch_size -1 must lie in [1, 9]");
  EXPECT_EQ(message("page_size", "the page size must be in [0, 1000], not -1"),
            "the page size must be in [0, 1000], not -1");
  EXPECT_EQ(message("spec.format", "Format must be one"), "Format must be one");
  EXPECT_EQ(message("labels[1]", "labels[1] is there twice"), "labels[1] is there twice");
  EXPECT_EQ(message("", "nothing is right"), "nothing is right");
}

TEST(StatusMappingTest, SeveralFieldsAreAllInBadRequest) {
  Mistakes mistakes;
  mistakes.Add(InvalidField("rank", "OUT_OF_RANGE", "is too large"));
  mistakes.Add(InvalidField("labels[1]", "DUPLICATE_LABEL_FORM", "is there twice"));
  const grpc::Status status = ToGrpcStatus(mistakes.ToStatus());
  EXPECT_EQ(status.error_message(), "2 mistakes: rank: is too large; labels[1]: is there twice");
  const RichError error = ReadRichError(status);
  EXPECT_EQ(error.reason, "OUT_OF_RANGE");
  EXPECT_EQ(error.description, "is too large");
  EXPECT_EQ(error.fields, (std::vector<std::string>{"rank", "labels[1]"}));
}

TEST(StatusMappingTest, ManyLongMistakesFitHeadersToo) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "→\xff";
  Mistakes mistakes;
  for (int i = 0; i < 100; ++i) mistakes.Add(InvalidField(text, "BAD", text));
  const grpc::Status status = ToGrpcStatus(mistakes.ToStatus());
  EXPECT_GE(ReadRichError(status).fields.size(), 2u);
  EXPECT_LT(status.error_message().size() * 3 + status.error_details().size() * 4 / 3, 7000u);
}

TEST(StatusMappingTest, MissingResourceBecomesResourceInfo) {
  const RichError error = ReadRichError(ToGrpcStatus(ResourceNotFound("facet.v1.Model", "models/x", "no such model")));
  EXPECT_EQ(error.reason, "RESOURCE_NOT_FOUND");
  EXPECT_EQ(error.resource_type, "facet.v1.Model");
  EXPECT_EQ(error.resource_name, "models/x");
}

TEST(StatusMappingTest, DelayBecomesRetryInfo) {
  const RichError error = ReadRichError(ToGrpcStatus(
      WithRetryAfter(WithReason(absl::ResourceExhaustedError("full"), "QUEUE_FULL"), absl::Milliseconds(1250))));
  EXPECT_EQ(error.reason, "QUEUE_FULL");
  EXPECT_EQ(error.retry_seconds, 1.25);
}

TEST(StatusMappingTest, DetailsAreAbsentWhereNothingWasSaid) {
  const RichError error = ReadRichError(ToGrpcStatus(absl::InternalError("x")));
  EXPECT_EQ(error.field, "");
  EXPECT_EQ(error.resource_type, "");
  EXPECT_FALSE(error.retry_seconds.has_value());
}

TEST(StatusMappingTest, EverythingFitsHeadersAndIsUtf8) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "→\xff";
  const grpc::Status status = ToGrpcStatus(InvalidField(text, "BAD", text));
  EXPECT_TRUE(IsValidUtf8(status.error_message()));
  EXPECT_TRUE(IsValidUtf8(ReadRichError(status).field));
  // As it travels: percent-encoded, and base64.
  EXPECT_LT(status.error_message().size() * 3 + status.error_details().size() * 4 / 3, 7000u);
}

}  // namespace
}  // namespace facet::server
