// SPDX-License-Identifier: Apache-2.0
#include "base/status_macros.h"

#include <memory>

#include "gtest/gtest.h"

namespace facet {
namespace {

absl::Status ReturnIfError(const absl::Status& status, bool& went_on) {
  RETURN_IF_ERROR(status);
  went_on = true;
  return absl::OkStatus();
}

absl::StatusOr<int> AddOne(absl::StatusOr<std::unique_ptr<int>> input) {
  ASSIGN_OR_RETURN(const auto value, std::move(input));
  return *value + 1;
}

TEST(StatusMacrosTest, ReturnIfErrorReturnsTheError) {
  bool went_on = false;
  EXPECT_EQ(ReturnIfError(absl::InternalError("x"), went_on), absl::InternalError("x"));
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(ReturnIfError(absl::OkStatus(), went_on).ok());
  EXPECT_TRUE(went_on);
}

TEST(StatusMacrosTest, AssignOrReturnMovesTheValue) { EXPECT_EQ(AddOne(std::make_unique<int>(41)).value(), 42); }

TEST(StatusMacrosTest, AssignOrReturnReturnsTheError) {
  EXPECT_EQ(AddOne(absl::NotFoundError("x")).status(), absl::NotFoundError("x"));
}

TEST(StatusMacrosTest, EvaluatesOnce) {
  int calls = 0;
  const auto count = [&]() -> absl::Status {
    ++calls;
    return absl::OkStatus();
  };
  const auto run = [&]() -> absl::Status {
    RETURN_IF_ERROR(count());
    return absl::OkStatus();
  };
  EXPECT_TRUE(run().ok());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace facet
