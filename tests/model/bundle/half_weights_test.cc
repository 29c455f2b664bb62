// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/half_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/bundle/safetensors.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

std::string FileOf(const std::vector<float>& floats, const std::vector<int64_t>& longs = {}) {
  const std::string float_bytes = Bytes(floats), long_bytes = Bytes(longs);
  return SerializeSafetensors({{"w", {TensorType::kFloat32, {static_cast<int64_t>(floats.size())}, float_bytes}},
                               {"step", {TensorType::kInt64, {static_cast<int64_t>(longs.size())}, long_bytes}}},
                              {});
}

TEST(HalveWeightsTest, RoundsFloatsAndLeavesTheRest) {
  const auto file = HalveWeights(FileOf({1.5f, -2, 0.1f, 65504, 1e-9f}, {7, -1}));
  ASSERT_TRUE(file.ok()) << file.status();
  const TensorMap tensors = ParseSafetensors(*file).value();
  EXPECT_EQ(tensors.at("w").type, TensorType::kFloat16);
  EXPECT_THAT(tensors.at("w").shape, ElementsAre(5));
  EXPECT_THAT(WidenHalves(tensors.at("w").bytes), ElementsAre(1.5f, -2, 0.0999755859375f, 65504, 0));
  EXPECT_EQ(tensors.at("step").type, TensorType::kInt64);
  EXPECT_EQ(tensors.at("step").bytes, Bytes<int64_t>({7, -1}));
}

TEST(HalveWeightsTest, HalvedTwiceIsHalvedOnce) {
  const std::string once = HalveWeights(FileOf({0.3f, 1e-5f})).value();
  EXPECT_EQ(HalveWeights(once).value(), once);
}

TEST(HalveWeightsTest, SaysWhichTensorIsTooLarge) {
  const absl::Status status = HalveWeights(FileOf({1, 70000})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetail(status).reason, "WEIGHT_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("'w' holds 70000"));
}

TEST(HalveWeightsTest, WhatIsNotFiniteStaysSo) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::string file = HalveWeights(FileOf({infinity, -infinity})).value();
  EXPECT_THAT(WidenHalves(ParseSafetensors(file)->at("w").bytes), ElementsAre(infinity, -infinity));
}

TEST(HalveWeightsTest, RefusesWhatIsNoSafetensors) {
  EXPECT_EQ(GetErrorDetail(HalveWeights("weights").status()).reason, "BAD_SAFETENSORS");
}

}  // namespace
}  // namespace facet::model
