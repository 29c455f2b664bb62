// SPDX-License-Identifier: Apache-2.0
// Matchers of statuses with the details of base/error.h.
#ifndef FACET_TESTS_BASE_STATUS_IS_H_
#define FACET_TESTS_BASE_STATUS_IS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/error.h"
#include "gmock/gmock.h"

namespace facet {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

// EXPECT_THAT(Parse("x"), IsOk());
MATCHER(IsOk, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).ok();
}

// EXPECT_THAT(Parse("x"), IsError(absl::StatusCode::kDataLoss, HasSubstr("x")));
MATCHER_P2(IsError, code, message, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code &&
         testing::Matches(testing::Matcher<std::string>(message))(std::string(StatusOf(arg).message()));
}

// Code and reason.
MATCHER_P2(HasReason, code, reason, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code && GetErrorDetail(StatusOf(arg)).reason == reason;
}

// INVALID_ARGUMENT at a field path, with a reason.
MATCHER_P2(IsBadField, field, reason, "") {
  const ErrorDetail detail = GetErrorDetail(StatusOf(arg));
  *result_listener << StatusOf(arg) << ", field '" << detail.field.value_or("(none)") << "', reason " << detail.reason;
  return absl::IsInvalidArgument(StatusOf(arg)) && detail.field == std::string(field) && detail.reason == reason;
}

}  // namespace facet

#endif  // FACET_TESTS_BASE_STATUS_IS_H_
