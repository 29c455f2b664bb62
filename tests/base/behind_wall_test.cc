// SPDX-License-Identifier: Apache-2.0
#include "base/behind_wall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace facet {
namespace {

TEST(BehindWallTest, PassesResultsOn) {
  EXPECT_TRUE(BehindWall([] { return absl::OkStatus(); }).ok());
  EXPECT_EQ(*BehindWall([]() -> absl::StatusOr<int> { return 5; }), 5);
  EXPECT_EQ(BehindWall([] { return absl::AbortedError("x"); }).code(), absl::StatusCode::kAborted);
}

TEST(BehindWallTest, ExceptionBecomesInternal) {
  const absl::Status status = BehindWall([]() -> absl::Status { throw std::runtime_error("oh no"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("oh no"));
  EXPECT_EQ(GetErrorDetail(status).reason, "UNEXPECTED_EXCEPTION");
}

TEST(BehindWallTest, AnythingThrownBecomesInternal) {
  EXPECT_EQ(BehindWall([]() -> absl::StatusOr<int> { throw 5; }).status().code(), absl::StatusCode::kInternal);
}

TEST(BehindWallTest, NoMemoryBecomesResourceExhausted) {
  const absl::Status status = BehindWall([]() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "OUT_OF_MEMORY");
}

}  // namespace
}  // namespace facet
