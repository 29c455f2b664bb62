// SPDX-License-Identifier: Apache-2.0
#include "model/train/plain_batches.h"

#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

TEST(MemoryImagesTest, HoldsWhatWasAdded) {
  const FeatureSchema schema = *FeatureSchema::Create({{"a", {"x", "y"}}, {"b", {"x", "y", "z"}}});
  MemoryImages images(schema, {1, 2, 3});
  images.Reserve(2);
  images.Add(std::vector<uint8_t>{1, 2, 3, 4, 5, 6}.data(), std::vector<uint16_t>{0, 2});
  images.Add(std::vector<uint8_t>{7, 8, 9, 10, 11, 12}.data(), std::vector<uint16_t>{1, 0});
  EXPECT_EQ(images.size(), 2);
  EXPECT_EQ(images.pixels(1)[5], 12);
  EXPECT_THAT(images.labels(0), ElementsAre(0, 2));
  EXPECT_THAT(images.labels(1), ElementsAre(1, 0));
}

TEST(PlainBatchesTest, SeesEachImageOnceAnEpochWithItsLabels) {
  const auto dataset = MakeTinyDataset();
  const DatasetImages images(dataset.get(), {3, 17, 8});
  PlainBatches batches(&images, 2, 5, "test");
  Batch batch;
  std::multiset<std::vector<float>> seen;
  for (int step = 0; step < 3; ++step) {
    batches.Make(step, &batch);
    EXPECT_EQ(batch.step, step);
    ASSERT_EQ(batch.labels.size(), 2u * 9);
    seen.emplace(batch.labels.begin(), batch.labels.begin() + 9);
    seen.emplace(batch.labels.begin() + 9, batch.labels.end());
  }
  EXPECT_EQ(seen.size(), 6u);
  // Image 17 is right, green, 50.
  EXPECT_EQ(seen.count({0, 1, 0, 1, 0, 0, 1, 0, 0}), 2u);
}

TEST(PlainBatchesTest, OrdersArePartedByPurpose) {
  const auto dataset = MakeTinyDataset();
  const DatasetImages images(dataset.get(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const auto first = [&](const char* purpose, uint64_t seed) {
    Batch batch;
    PlainBatches(&images, 12, seed, purpose).Make(0, &batch);
    return batch.labels;
  };
  EXPECT_EQ(first("a", 1), first("a", 1));
  EXPECT_NE(first("a", 1), first("b", 1));
  EXPECT_NE(first("a", 1), first("a", 2));
}

}  // namespace
}  // namespace facet::model
