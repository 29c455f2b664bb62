// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_queue.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

std::unique_ptr<BatchMaker> MakeMaker(const Dataset& dataset) {
  return std::make_unique<BatchMaker>(BatchMakerOptions{&dataset, SplitWithout({}).train, 4, 9, "train", 0.5, kColour});
}

TEST(BatchQueueTest, GivesTheBatchesOfTheMakerInOrder) {
  const auto dataset = MakeTinyDataset();
  const auto maker = MakeMaker(*dataset);
  BatchQueue queue(MakeMaker(*dataset), 5, 25);
  for (int step = 5; step < 25; ++step) {
    Batch expected;
    maker->Make(step, &expected);
    const Batch& batch = queue.Next();
    EXPECT_EQ(batch.step, step);
    EXPECT_EQ(batch.images, expected.images);
    EXPECT_EQ(batch.target_labels, expected.target_labels);
  }
}

TEST(BatchQueueTest, MayBeLeftBeforeItsEnd) {
  const auto dataset = MakeTinyDataset();
  BatchQueue queue(MakeMaker(*dataset), 0, 1'000'000'000);
  EXPECT_EQ(queue.Next().step, 0);
}

TEST(BatchQueueTest, MayBeEmpty) {
  const auto dataset = MakeTinyDataset();
  BatchQueue queue(MakeMaker(*dataset), 3, 3);
}

}  // namespace
}  // namespace facet::model
