// SPDX-License-Identifier: Apache-2.0
#include "tests/model/train/tiny_world.h"

#include <algorithm>
#include <filesystem>

#include "base/names.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

FeatureSchema TinySchema() {
  return *FeatureSchema::Create(
      {{"side", {"left", "right"}}, {"colour", {"red", "green", "blue"}}, {"shade", {"25", "50", "75", "100"}}});
}

// A bar of 3 columns on a dark ground.
std::vector<uint8_t> DrawBar(int side, int colour, int shade) {
  std::vector<uint8_t> pixels(kTinySize * kTinySize * 3, 10);
  const int first = side == 0 ? 1 : 4;
  for (int y = 1; y < kTinySize - 1; ++y) {
    for (int x = first; x < first + 3; ++x) {
      pixels[(y * kTinySize + x) * 3 + colour] = static_cast<uint8_t>(60 * (shade + 1));
    }
  }
  return pixels;
}

}  // namespace

std::string MakeTempDir() {
  const std::string path = testing::TempDir() + "facet-" + RandomHexId();
  std::filesystem::create_directories(path);
  return path;
}

void WriteTinyDataset(const std::string& path) {
  auto writer = DatasetWriter::Create(FileSystem::Posix(), path, TinySchema(), {kTinySize, kTinySize, 3});
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (uint16_t side = 0; side < 2; ++side) {
    for (uint16_t colour = 0; colour < 3; ++colour) {
      for (uint16_t shade = 0; shade < 4; ++shade) {
        const uint16_t labels[] = {side, colour, shade};
        ASSERT_TRUE((*writer)->Add(DrawBar(side, colour, shade).data(), labels).ok());
      }
    }
  }
  ASSERT_TRUE((*writer)->Finish().ok());
}

std::unique_ptr<Dataset> MakeTinyDataset() {
  const std::string path = MakeTempDir() + "/data";
  WriteTinyDataset(path);
  auto dataset = Dataset::Open(*FileSystem::Posix(), path);
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

Split SplitWithout(const std::vector<int64_t>& missing) {
  Split split;
  for (int64_t i = 0; i < kTinyImages; ++i) {
    if (std::find(missing.begin(), missing.end(), i) == missing.end()) split.train.push_back(i);
  }
  if (!missing.empty()) split.held_out.push_back({"gone", missing});
  return split;
}

NetPlan TinyPlan() {
  NetPlan plan;
  plan.generator.classes = {2, 3, 4};
  plan.generator.feature_widths = {8, 8, 8};
  plan.generator.joint_widths = {32};
  plan.generator.base_size = 2;
  plan.generator.base_channels = 16;
  plan.generator.layers = {{16, 8, 4, 1, 2, 4}, {8, 3, 4, 1, 4, 8}};
  plan.classifier.classes = {2, 3, 4};
  plan.classifier.image_size = kTinySize;
  plan.classifier.blocks = {{3, 8, 3, 1, 1, 2, 2, false, 4}, {8, 16, 3, 1, 1, 2, 2, false, 2}};
  plan.classifier.head_widths = {32};
  plan.classifier.dropout = 0.25f;
  plan.classifier.feature_loss_block = 1;
  plan.training.steps = 40;
  plan.training.batch_size = 8;
  plan.training.seed = 7;
  plan.training.class_weights = {1, 1, 1};
  plan.training.feature_loss_weight = 0.1;
  plan.training.learning_rate = 5e-3;
  plan.training.classifier_learning_rate = 5e-3;
  plan.training.schedule.kind = ScheduleKind::kCosine;
  plan.training.checkpoint_interval = 15;
  plan.training.threads = 1;
  plan.judge.steps = 60;
  plan.judge.seed = 7;
  plan.judge.batch_size = 16;
  plan.judge.learning_rate = 5e-3;
  return plan;
}

}  // namespace facet::model
