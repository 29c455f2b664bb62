// SPDX-License-Identifier: Apache-2.0
#include "model/nn/transfer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/nn/device.h"
#include "tiny_nets.h"

namespace facet::model {
namespace {

TEST(TransferTest, ToTheCpuNothingIsCopied) {
  const at::Tensor host = Uniform({2, 3}, "host");
  EXPECT_TRUE(SendTo(c10::Device(c10::kCPU), host).is_same(host));
}

TEST(TransferTest, AGpuGetsValuesAndStridesWhateverBecomesOfTheHostsOnes) {
  const auto gpu = ResolveDevice("cuda");
  if (!gpu.ok()) GTEST_SKIP() << gpu.status().message();
  const at::Tensor host = Uniform({4, 3, 64, 64}, "host").contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor expected = host.clone();
  const at::Tensor sent = SendTo(*gpu, host);
  host.zero_();
  EXPECT_EQ(sent.device(), *gpu);
  EXPECT_EQ(sent.strides(), expected.strides());
  EXPECT_TRUE(at::equal(sent.to(at::kCPU), expected));
}

}  // namespace
}  // namespace facet::model
