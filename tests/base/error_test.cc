// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <string>

#include "gtest/gtest.h"

namespace facet {
namespace {

TEST(ErrorTest, StatusWithoutDetailsHasItsCodeAsReason) {
  const ErrorDetail detail = GetErrorDetail(absl::NotFoundError("x"));
  EXPECT_EQ(detail.reason, "NOT_FOUND");
  EXPECT_FALSE(detail.field.has_value());
  EXPECT_FALSE(detail.resource.has_value());
  EXPECT_FALSE(detail.retry_after.has_value());
}

TEST(ErrorTest, InvalidFieldCarriesFieldAndReason) {
  const absl::Status status = InvalidField("weight", "BAD_WEIGHT", "must be finite");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "must be finite");
  EXPECT_EQ(GetErrorDetail(status).field, "weight");
  EXPECT_EQ(GetErrorDetail(status).reason, "BAD_WEIGHT");
}

TEST(ErrorTest, ResourceNotFoundCarriesTypeAndName) {
  const absl::Status status = ResourceNotFound("facet.v1.Model", "models/x", "there is no model 'x'");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  const ErrorDetail detail = GetErrorDetail(status);
  ASSERT_TRUE(detail.resource.has_value());
  EXPECT_EQ(detail.resource->type, "facet.v1.Model");
  EXPECT_EQ(detail.resource->name, "models/x");
  EXPECT_EQ(detail.reason, "RESOURCE_NOT_FOUND");
}

TEST(ErrorTest, DecoratorsLeaveOkAlone) {
  EXPECT_EQ(WithReason(absl::OkStatus(), "X"), absl::OkStatus());
  EXPECT_EQ(WithField(absl::OkStatus(), "f"), absl::OkStatus());
  EXPECT_EQ(WithRetryAfter(absl::OkStatus(), absl::Seconds(1)), absl::OkStatus());
  EXPECT_EQ(PrefixField(absl::OkStatus(), "a"), absl::OkStatus());
  EXPECT_EQ(Annotate(absl::OkStatus(), "a"), absl::OkStatus());
}

TEST(ErrorTest, RetryAfterKeepsNanoseconds) {
  const absl::Duration delay = absl::Seconds(3) + absl::Nanoseconds(7);
  EXPECT_EQ(GetErrorDetail(WithRetryAfter(absl::UnavailableError("x"), delay)).retry_after, delay);
}

TEST(ErrorTest, LaterReasonReplacesEarlier) {
  EXPECT_EQ(GetErrorDetail(WithReason(WithReason(absl::InternalError("x"), "A"), "B")).reason, "B");
}

std::string Prefixed(absl::string_view field, absl::string_view prefix) {
  return GetErrorDetail(PrefixField(InvalidField(field, "R", "m"), prefix)).field.value();
}

TEST(ErrorTest, PrefixFieldJoinsPaths) {
  EXPECT_EQ(Prefixed("class", "weights[1]"), "weights[1].class");
  EXPECT_EQ(Prefixed("[1].class", "weights"), "weights[1].class");
  EXPECT_EQ(Prefixed("", "name"), "name");
}

TEST(ErrorTest, AnyStatusMayBeAtAField) {
  const absl::Status status = PrefixField(WithField(absl::FailedPreconditionError("m"), "judge"), "filter");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetail(status).field, "filter.judge");
  EXPECT_EQ(GetErrorDetail(status).reason, "FAILED_PRECONDITION");
}

TEST(ErrorTest, PrefixFieldNeedsAField) {
  EXPECT_FALSE(GetErrorDetail(PrefixField(absl::InternalError("x"), "a")).field.has_value());
}

TEST(ErrorTest, AnnotateKeepsCodeAndDetails) {
  const absl::Status status =
      Annotate(WithRetryAfter(InvalidField("f", "R", "message"), absl::Seconds(1)), "manifest.csv");
  EXPECT_EQ(status.message(), "manifest.csv: message");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status).field, "f");
  EXPECT_EQ(GetErrorDetail(status).reason, "R");
  EXPECT_EQ(GetErrorDetail(status).retry_after, absl::Seconds(1));
}

}  // namespace
}  // namespace facet
