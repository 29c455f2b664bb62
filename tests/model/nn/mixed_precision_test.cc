// SPDX-License-Identifier: Apache-2.0
#include "model/nn/mixed_precision.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "model/nn/upconv.h"

namespace facet::model {
namespace {

const c10::Device kCpu(c10::kCPU);

at::Tensor Random(at::IntArrayRef shape, uint64_t seed) {
  CounterRandom random(seed, "mixed precision", 0);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(random.NextNormal());
  return tensor;
}

double Difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

// Of processors that have units for it.
class MixedPrecisionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasBfloat16Units(kCpu)) GTEST_SKIP() << "this processor has no units for bfloat16";
  }
};

TEST_F(MixedPrecisionTest, ProductsTakeBfloat16WhileItLives) {
  const at::Tensor a = Random({4, 8}, 1);
  {
    const MixedPrecision mixed(kCpu, Precision::kMixed);
    EXPECT_EQ(at::mm(a, a.t()).scalar_type(), at::kBFloat16);
    EXPECT_EQ(ToFactor(a).scalar_type(), at::kBFloat16);
  }
  {
    const MixedPrecision off(kCpu, Precision::kFloat32);
    EXPECT_EQ(at::mm(a, a.t()).scalar_type(), at::kFloat);
  }
  EXPECT_EQ(at::mm(a, a.t()).scalar_type(), at::kFloat);
  EXPECT_TRUE(ToFactor(a).is_same(a));
}

TEST_F(MixedPrecisionTest, SeesWeightsThatChangedSinceTheLastOne) {
  const at::Tensor weight = Random({4, 4}, 2).requires_grad_();
  const auto product = [&] {
    const MixedPrecision mixed(kCpu, Precision::kMixed);
    return at::linear(at::eye(4), weight).detach();
  };
  const at::Tensor before = product();
  {
    const at::NoGradGuard no_grad;
    weight.mul_(2);
  }
  EXPECT_TRUE(at::equal(product(), 2 * before));
}

TEST_F(MixedPrecisionTest, OneInsideAnotherHoldsUntilItEnds) {
  const at::Tensor a = Random({4, 8}, 1);
  const auto product = [&] { return at::mm(a, a.t()).scalar_type(); };
  const MixedPrecision outer(kCpu, Precision::kMixed);
  {
    const MixedPrecision exact(kCpu, Precision::kFloat32);
    EXPECT_EQ(product(), at::kFloat);
    {
      const MixedPrecision mixed(kCpu, Precision::kMixed);
      EXPECT_EQ(product(), at::kBFloat16);
    }
    EXPECT_EQ(product(), at::kFloat);
  }
  EXPECT_EQ(product(), at::kBFloat16);
}

TEST(ToFloatTest, FloatsOfTheOtherTypesStay) {
  const at::Tensor exact = at::ones({2}, at::kDouble);
  EXPECT_TRUE(ToFloat(exact).is_same(exact));
  EXPECT_EQ(ToFloat(at::ones({2}, at::kBFloat16)).scalar_type(), at::kFloat);
}

// Odd kernels go by phases, a function of its own with a gradient of its own.
TEST_F(MixedPrecisionTest, TransposedConvolutionsAreThoseOfFloat32ButForRounding) {
  for (const UpconvMethod method : {UpconvMethod::kPhases, UpconvMethod::kTransposed}) {
    for (const int64_t kernel : {4, 5}) {
      std::vector<at::Tensor> results;  // output and three gradients, exact and mixed
      for (const Precision precision : {Precision::kFloat32, Precision::kMixed}) {
        const at::Tensor input = Random({2, 8, 5, 5}, 3).requires_grad_();
        const at::Tensor weight = Random({8, 6, kernel, kernel}, 4).requires_grad_();
        const at::Tensor bias = Random({6}, 5).requires_grad_();
        at::Tensor output;
        {
          const MixedPrecision scope(kCpu, precision);
          output = ToFloat(Upconv(input, weight, bias, 1, method));
        }
        output.square().sum().backward();
        results.insert(results.end(), {output.detach(), input.grad(), weight.grad(), bias.grad()});
      }
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(results[4 + i].scalar_type(), at::kFloat);
        EXPECT_LT(Difference(results[4 + i], results[i]), 0.02) << i << " kernel " << kernel;
        EXPECT_GT(Difference(results[4 + i], results[i]), 0) << i << " kernel " << kernel;
      }
    }
  }
}

}  // namespace
}  // namespace facet::model
