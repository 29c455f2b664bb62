// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_feed.h"

#include <ATen/ATen.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"
#include "model/nn/device.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

std::unique_ptr<BatchMaker> MakeMaker(const Dataset& dataset, double mix_share) {
  return std::make_unique<BatchMaker>(
      BatchMakerOptions{&dataset, SplitWithout({}).train, 4, 9, "train", mix_share, kColour});
}

bool SameValues(const at::Tensor& a, const at::Tensor& b) { return at::equal(a.to(at::kCPU), b.to(at::kCPU)); }

// On each device that there is.
class BatchFeedTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto device = ResolveDevice(GetParam());
    if (!device.ok()) GTEST_SKIP() << device.status().message();
    device_ = *device;
  }

  c10::Device device_ = c10::Device(c10::kCPU);
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
};

TEST_P(BatchFeedTest, GivesTheBatchesOfTheSourceInOrder) {
  const auto maker = MakeMaker(*dataset_, 0.5);
  BatchFeed feed(MakeMaker(*dataset_, 0.5), 5, 25, device_);
  for (int step = 5; step < 25; ++step) {
    Batch made;
    maker->Make(step, &made);
    const BatchTensors expected = ViewOf(made);
    const BatchTensors batch = feed.Next();
    EXPECT_EQ(batch.step, step);
    EXPECT_EQ(batch.images.device(), device_);
    EXPECT_EQ(batch.images.sizes(), at::IntArrayRef({4, 3, kTinySize, kTinySize}));
    EXPECT_TRUE(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(SameValues(batch.images, expected.images));
    EXPECT_TRUE(SameValues(batch.labels, expected.labels));
    EXPECT_TRUE(SameValues(batch.target, expected.target));
    EXPECT_TRUE(SameValues(batch.target_labels, expected.target_labels));
    EXPECT_FALSE(SameValues(batch.target_labels, batch.labels));
  }
}

TEST_P(BatchFeedTest, WithoutMixesTheImagesAreTheTarget) {
  BatchFeed feed(MakeMaker(*dataset_, 0), 0, 1, device_);
  const BatchTensors batch = feed.Next();
  EXPECT_TRUE(batch.target.is_same(batch.images));
  EXPECT_TRUE(batch.target_labels.is_same(batch.labels));
}

TEST_P(BatchFeedTest, MayBeLeftBeforeItsEnd) {
  BatchFeed feed(MakeMaker(*dataset_, 0), 0, 1'000'000'000, device_);
  EXPECT_EQ(feed.Next().step, 0);
}

TEST_P(BatchFeedTest, MayBeEmpty) { BatchFeed feed(MakeMaker(*dataset_, 0), 3, 3, device_); }

// Without a GPU, too: of tensors without memory LibTorch has a device that has no
// streams to copy on.
TEST(BatchFeedErrorTest, WhatCopyingThrewIsThrownByEachNext) {
  const std::unique_ptr<Dataset> dataset = MakeTinyDataset();
  BatchFeed feed(MakeMaker(*dataset, 0), 0, 5, c10::Device(c10::kMeta));
  for (int i = 0; i < 2; ++i) EXPECT_THROW(feed.Next(), c10::Error);
}

TEST(BatchFeedErrorTest, MayBeLeftUnread) {
  const std::unique_ptr<Dataset> dataset = MakeTinyDataset();
  BatchFeed feed(MakeMaker(*dataset, 0), 0, 1'000'000'000, c10::Device(c10::kMeta));
}

INSTANTIATE_TEST_SUITE_P(Devices, BatchFeedTest, testing::Values("cpu", "cuda"));

}  // namespace
}  // namespace facet::model
