// SPDX-License-Identifier: Apache-2.0
#include "model/nn/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

TEST(DeviceTest, TheCpuIsAlwaysThere) {
  EXPECT_TRUE(ResolveDevice("cpu")->is_cpu());
  EXPECT_EQ(DeviceName(*ResolveDevice("cpu")), "cpu");
}

TEST(DeviceTest, AutoTakesAGpuWhereThereIsOne) {
  const auto automatic = ResolveDevice("auto");
  ASSERT_TRUE(automatic.ok());
  EXPECT_EQ(automatic->is_cuda(), ResolveDevice("cuda").ok());
  EXPECT_EQ(DeviceName(*automatic), automatic->is_cuda() ? "cuda:0" : "cpu");
}

TEST(DeviceTest, RefusesNonsense) {
  for (const char* name : {"", "gpu", "CPU", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:1 ", "cuda:99999", "cuda0"}) {
    const auto device = ResolveDevice(name);
    EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(GetErrorDetail(device.status()).reason, "BAD_DEVICE") << name;
  }
}

TEST(DeviceTest, SaysWhatThereIsInsteadOfAMissingGpu) {
  const auto device = ResolveDevice("cuda:250");
  EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetail(device.status()).reason, "NO_SUCH_DEVICE");
  EXPECT_THAT(std::string(device.status().message()), HasSubstr("this machine has"));
}

}  // namespace
}  // namespace facet::model
