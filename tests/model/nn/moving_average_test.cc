// SPDX-License-Identifier: Apache-2.0
#include "model/nn/moving_average.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace facet::model {
namespace {

NamedTensors One(double value) { return {{"net.weight", at::full({2}, value).requires_grad_()}}; }

double Value(const MovingAverage& average) { return average.state()[0].tensor[0].item<double>(); }

TEST(MovingAverageTest, BeginsAsACopyUnderItsPrefix) {
  const NamedTensors parameters = One(3);
  const MovingAverage average(parameters, 0.9, "average");
  {
    const at::NoGradGuard no_grad;
    parameters[0].tensor.fill_(5);
  }
  EXPECT_EQ(Value(average), 3);
  EXPECT_EQ(average.state()[0].name, "average.net.weight");
  EXPECT_EQ(average.Parameters()[0].name, "net.weight");
  EXPECT_TRUE(average.Parameters()[0].tensor.is_same(average.state()[0].tensor));
}

TEST(MovingAverageTest, FollowsTheFormula) {
  MovingAverage average(One(0), 0.6, "average");
  double expected = 0;
  for (int n = 1; n <= 20; ++n) {
    average.Update(One(n), n);
    const double decay = std::min(0.6, (1.0 + n) / (10.0 + n));
    expected = decay * expected + (1 - decay) * n;
    EXPECT_NEAR(Value(average), expected, 1e-5) << n;
  }
}

TEST(MovingAverageTest, ForgetsTheFirstWeightsSoon) {
  MovingAverage average(One(1000), 0.999, "average");
  for (int n = 1; n <= 100; ++n) average.Update(One(1), n);
  EXPECT_NEAR(Value(average), 1, 1e-3);
}

}  // namespace
}  // namespace facet::model
