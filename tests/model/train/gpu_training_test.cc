// SPDX-License-Identifier: Apache-2.0
// Training on a GPU is held against training on the CPU. Without a GPU nothing
// is tested here.
#include <ATen/ATen.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "gtest/gtest.h"
#include "model/nn/device.h"
#include "model/nn/threads.h"
#include "model/train/cooperative_nets.h"
#include "model/train/trainer.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

class GpuTrainingTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto device = ResolveDevice("cuda");
    if (!device.ok()) GTEST_SKIP() << device.status().message();
    gpu_ = *device;
    ConfigureTorch(1);
    plan_.training.average_decay = 0.9;
    plan_.training.checkpoint_interval = 10;
  }
  TrainerOptions Options(const std::string& checkpoint_dir) {
    TrainerOptions options;
    options.plan = plan_;
    options.dataset = dataset_.get();
    options.split = SplitWithout({3, 17});
    options.checkpoint_dir = checkpoint_dir;
    options.file_system = FileSystem::Posix();
    options.device = "cuda";
    return options;
  }

  c10::Device gpu_ = c10::Device(c10::kCPU);
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  NetPlan plan_ = TinyPlan();
  std::atomic<bool> go_on_{false};
};

TEST_F(GpuTrainingTest, StepsAreThoseOfTheCpuButForRounding) {
  CooperativeNets on_cpu(plan_, c10::Device(c10::kCPU));
  CooperativeNets on_gpu(plan_, gpu_);
  BatchMaker maker({dataset_.get(), SplitWithout({}).train, 8, 1, "train", 0.5, kColour});
  for (int step = 0; step < 5; ++step) {
    Batch batch;
    maker.Make(step, &batch);
    const Losses expected = on_cpu.Step(ViewOf(batch));
    const Losses losses = on_gpu.Step(SendTo(gpu_, ViewOf(batch)));
    ASSERT_EQ(losses.size(), expected.size());
    for (const auto& [part, loss] : expected) {
      EXPECT_NEAR(losses.at(part), loss, 0.05 * loss + 1e-3) << part << " in step " << step;
    }
  }
}

TEST_F(GpuTrainingTest, AStepLeavesDrawingExact) {
  BatchMaker maker({dataset_.get(), SplitWithout({}).train, 8, 1, "train", 0.5, kColour});
  Batch batch;
  maker.Make(0, &batch);
  CooperativeNets(plan_, gpu_).Step(SendTo(gpu_, ViewOf(batch)));
  const std::vector<float> expected = CooperativeNets(plan_, c10::Device(c10::kCPU)).Draw(batch.labels, 8);
  const std::vector<float> drawn = CooperativeNets(plan_, gpu_).Draw(batch.labels, 8);
  ASSERT_EQ(drawn.size(), expected.size());
  for (size_t i = 0; i < drawn.size(); ++i) ASSERT_NEAR(drawn[i], expected[i], 1e-5) << i;
}

TEST_F(GpuTrainingTest, ARunThatWasStoppedGoesOn) {
  const std::string folder = MakeTempDir();
  int begun = 0;
  {
    std::atomic<bool> stop{false};
    TrainerOptions options = Options(folder);
    options.on_saved = [&](const SaveReport& report) {
      EXPECT_TRUE(report.status.ok()) << report.status;
      stop = true;
    };
    auto trainer = Trainer::Create(std::move(options));
    ASSERT_TRUE(trainer.ok()) << trainer.status();
    const auto finished = (*trainer)->Run(stop);
    ASSERT_TRUE(finished.ok()) << finished.status();
    ASSERT_FALSE(*finished);
    begun = (*trainer)->step();
  }
  ASSERT_GE(begun, plan_.training.checkpoint_interval);
  auto trainer = Trainer::Create(Options(folder));
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  EXPECT_EQ((*trainer)->step(), begun);
  const auto finished = (*trainer)->Run(go_on_);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);
  EXPECT_EQ((*trainer)->step(), plan_.training.steps);
  EXPECT_TRUE((*trainer)->Weights().ok());
}

}  // namespace
}  // namespace facet::model
