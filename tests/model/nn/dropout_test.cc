// SPDX-License-Identifier: Apache-2.0
#include "model/nn/dropout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace facet::model {
namespace {

TEST(DropoutTest, ZeroesTheShareAskedForAndKeepsTheMean) {
  const at::Tensor dropped = Dropout(at::ones({200, 500}), 0.3, {1, 2}, "0.0");
  const double zeros = (dropped == 0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(zeros, 0.3, 0.01);
  EXPECT_FLOAT_EQ(dropped.max().item<float>(), 1 / 0.7f);
  EXPECT_NEAR(dropped.mean().item<double>(), 1.0, 0.02);
}

TEST(DropoutTest, MasksOfLayersDiffer) {
  const at::Tensor ones = at::ones({20, 50});
  EXPECT_TRUE(at::equal(Dropout(ones, 0.5, {1, 2}, "0.0"), Dropout(ones, 0.5, {1, 2}, "0.0")));
  EXPECT_FALSE(at::equal(Dropout(ones, 0.5, {1, 2}, "0.0"), Dropout(ones, 0.5, {1, 2}, "1.0")));
}

TEST(DropoutTest, PassesGradientsWhereItPassesActivations) {
  const at::Tensor ones = at::ones({4, 5}).requires_grad_();
  const at::Tensor dropped = Dropout(ones, 0.5, {1, 2}, "0.0");
  dropped.sum().backward();
  EXPECT_TRUE(at::equal(ones.grad(), dropped.detach()));
}

TEST(DropoutTest, RateZeroChangesNothing) {
  const at::Tensor ones = at::ones({4, 5});
  EXPECT_TRUE(at::equal(Dropout(ones, 0, {1, 2}, "0.0"), ones));
}

}  // namespace
}  // namespace facet::model
