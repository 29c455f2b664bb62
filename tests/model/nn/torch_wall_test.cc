// SPDX-License-Identifier: Apache-2.0
#include "model/nn/torch_wall.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "base/error.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

absl::Status Thrown(const std::function<void()>& body) {
  return TorchWall("rendering", [&]() -> absl::Status {
    body();
    return absl::OkStatus();
  });
}

TEST(TorchWallTest, PassesResultsAndStatusesOn) {
  EXPECT_EQ(TorchWall("x", []() -> absl::StatusOr<int> { return 7; }).value(), 7);
  EXPECT_TRUE(TorchWall("x", [] { return absl::OkStatus(); }).ok());
  EXPECT_EQ(TorchWall("x", []() -> absl::Status { return absl::NotFoundError("gone"); }), absl::NotFoundError("gone"));
}

TEST(TorchWallTest, AMistakeInTorchIsOneLineOfInternal) {
  const absl::Status status = Thrown([] { at::matmul(at::ones({2, 3}), at::ones({2, 3})); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(GetErrorDetail(status).reason, "TORCH_ERROR");
  EXPECT_THAT(std::string(status.message()), StartsWith("rendering: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("mat1"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
}

TEST(TorchWallTest, ATensorBeyondAllMemoryIsOutOfMemory) {
  const absl::Status status = Thrown([] { at::empty({int64_t{1} << 50}, at::kFloat).fill_(1); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "OUT_OF_MEMORY");
}

TEST(TorchWallTest, BadAllocIsOutOfMemory) {
  EXPECT_EQ(GetErrorDetail(Thrown([] { throw std::bad_alloc(); })).reason, "OUT_OF_MEMORY");
}

TEST(TorchWallTest, CudaErrorsAreDeviceFaults) {
  EXPECT_EQ(GetErrorDetail(Thrown([] { TORCH_CHECK(false, "CUDA error: unspecified launch failure"); })).reason,
            "DEVICE_FAULT");
  EXPECT_EQ(GetErrorDetail(Thrown([] { throw std::runtime_error("CUDNN_STATUS_EXECUTION_FAILED"); })).reason,
            "DEVICE_FAULT");
  EXPECT_EQ(GetErrorDetail(Thrown([] { TORCH_CHECK(false, "CUDA out of memory. Tried to allocate"); })).reason,
            "OUT_OF_MEMORY");
}

TEST(TorchWallTest, NothingGetsThrough) {
  EXPECT_THAT(std::string(Thrown([] { throw std::logic_error("odd\nstack"); }).message()), HasSubstr("odd"));
  EXPECT_EQ(Thrown([] { throw 42; }).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace facet::model
