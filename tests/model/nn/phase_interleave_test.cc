// SPDX-License-Identifier: Apache-2.0
#include "model/nn/phase_interleave.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tiny_nets.h"

namespace facet::model {
namespace {

// An image before its edges are cut off, and its phases.
at::Tensor Full(int64_t height, int64_t width, at::ScalarType type) {
  return Uniform({2, 3, height, width}, "full", type);
}

std::vector<at::Tensor> Split(const at::Tensor& full) {
  std::vector<at::Tensor> parts;
  for (int phase = 0; phase < 4; ++phase) {
    parts.push_back(full.slice(2, phase / 2, c10::nullopt, 2).slice(3, phase % 2, c10::nullopt, 2));
  }
  return parts;
}

TEST(PhaseInterleaveTest, PutsFourPhasesTogether) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    for (const int64_t padding : {0, 1, 2}) {
      const at::Tensor full = Full(9, 11, type);
      const at::Tensor image = Interleave({Split(full), padding}, 9 - 2 * padding, 11 - 2 * padding);
      EXPECT_TRUE(at::equal(image, full.narrow(2, padding, 9 - 2 * padding).narrow(3, padding, 11 - 2 * padding)));
      EXPECT_TRUE(image.is_contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

TEST(PhaseInterleaveTest, TakesThePhasesFromOneTensor) {
  const at::Tensor full = Full(8, 6, at::kFloat);
  const at::Tensor fused = at::cat(Split(full), 1);  // [2, 12, 4, 3]
  EXPECT_TRUE(at::equal(Interleave({{fused}, 0}, 8, 6), full));
  EXPECT_TRUE(at::equal(Interleave({{fused}, 1}, 6, 4), full.narrow(2, 1, 6).narrow(3, 1, 4)));
}

TEST(PhaseInterleaveTest, SharesLargeImagesBetweenThreads) {
  const at::Tensor full = Uniform({4, 16, 64, 64}, "large");
  EXPECT_TRUE(at::equal(Interleave({Split(full), 0}, 64, 64), full));
}

}  // namespace
}  // namespace facet::model
