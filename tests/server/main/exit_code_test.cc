// SPDX-License-Identifier: Apache-2.0
#include "server/main/exit_code.h"

#include "base/error.h"
#include "gtest/gtest.h"

namespace facet::server {
namespace {

TEST(ExitCodeTest, TheReasonDecides) {
  const absl::Status error = absl::UnavailableError("x");
  for (const char* reason : {"ADDRESS_IN_USE", "ADDRESS_DENIED", "METRICS_ADDRESS_UNAVAILABLE"}) {
    EXPECT_EQ(ExitCodeOfStart(WithReason(error, reason)), kExitAddress) << reason;
  }
  for (const char* reason : {"STATE_UNUSABLE", "STATE_IN_USE", "STORE_TOO_NEW"}) {
    EXPECT_EQ(ExitCodeOfStart(WithReason(error, reason)), kExitState) << reason;
  }
  EXPECT_EQ(ExitCodeOfStart(WithReason(absl::InvalidArgumentError("x"), "STATE_UNUSABLE")), kExitState);
}

TEST(ExitCodeTest, WithoutAReasonTheCodeDecides) {
  EXPECT_EQ(ExitCodeOfStart(absl::InvalidArgumentError("x")), kExitConfiguration);
  EXPECT_EQ(ExitCodeOfStart(absl::NotFoundError("x")), kExitConfiguration);
  EXPECT_EQ(ExitCodeOfStart(absl::PermissionDeniedError("x")), kExitState);
  EXPECT_EQ(ExitCodeOfStart(absl::DataLossError("x")), kExitState);
  EXPECT_EQ(ExitCodeOfStart(absl::ResourceExhaustedError("x")), kExitState);
  EXPECT_EQ(ExitCodeOfStart(absl::UnavailableError("x")), kExitInternal);
  EXPECT_EQ(ExitCodeOfStart(absl::InternalError("x")), kExitInternal);
}

TEST(ExitCodeTest, NumbersAreThoseOfTheManual) {
  EXPECT_EQ(kExitOk, 0);
  EXPECT_EQ(kExitInternal, 1);
  EXPECT_EQ(kExitConfiguration, 2);
  EXPECT_EQ(kExitState, 3);
  EXPECT_EQ(kExitAddress, 4);
  EXPECT_EQ(kExitDeviceFault, 5);
}

}  // namespace
}  // namespace facet::server
