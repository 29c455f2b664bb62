// SPDX-License-Identifier: Apache-2.0
// Whether everything that computes on LibTorch asks for its own arithmetic,
// whatever was asked for before. The setting can be read without a GPU.
#include <ATen/Context.h>

#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/evaluate/judge.h"
#include "model/nn/float32_products.h"
#include "model/render/torch_renderer.h"
#include "tests/model/render/random_net.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

bool IsFast() {
  const bool fast = at::globalContext().allowTF32CuBLAS();
  EXPECT_EQ(at::globalContext().allowTF32CuDNN(), fast);
  return fast;
}

TEST(ArithmeticTest, JudgesLearnFastAndJudgeExactly) {
  const auto dataset = MakeTinyDataset();
  const std::atomic<bool> stop{false};
  JudgeOptions options;
  options.plan = TinyPlan();
  options.dataset = dataset.get();
  options.train_images = SplitWithout({}).train;
  options.device = "cpu";
  int looks = 0;
  options.on_progress = [&](double) {
    ++looks;
    EXPECT_TRUE(IsFast());
  };
  UseFloat32Products(Float32Products::kExact);
  const auto judge = TrainJudge(options, stop);
  ASSERT_TRUE(judge.ok()) << judge.status();
  EXPECT_GT(looks, 0);
  std::vector<float> image(kTinySize * kTinySize * 3), answers(9), embeddings(10'000);
  UseFloat32Products(Float32Products::kTf32);
  ASSERT_TRUE((*judge)->Classify(image.data(), 1, answers.data()).ok());
  EXPECT_FALSE(IsFast());
  UseFloat32Products(Float32Products::kTf32);
  ASSERT_TRUE((*judge)->Embed(image.data(), 1, embeddings.data()).ok());
  EXPECT_FALSE(IsFast());
}

TEST(ArithmeticTest, RenderingIsExact) {
  const RandomNet net = MakeNet(DigitsShape(), 1);
  RendererOptions options;
  options.device = "cpu";
  const auto renderer = CreateTorchRenderer(net.shape, net.File(), options);
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  const std::vector<float> vectors = MakeVectors(net.shape, 1, 1);
  std::string pixels((*renderer)->shape().samples(), '\0');
  UseFloat32Products(Float32Products::kTf32);
  ASSERT_TRUE((*renderer)->Render(vectors, 1, PixelFormat(), pixels.data()).ok());
  EXPECT_FALSE(IsFast());
}

}  // namespace
}  // namespace facet::model
