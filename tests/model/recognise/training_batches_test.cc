// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/training_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using testing::Contains;
using testing::Each;
using testing::FloatNear;

class TrainingBatchesTest : public testing::Test {
 protected:
  TrainingBatchesTest() {
    // Synthetic images are white, originals never are.
    synthetic_.Add(std::vector<uint8_t>(kSamples, 255).data(), std::vector<uint16_t>{1, 2, 3});
    synthetic_.Add(std::vector<uint8_t>(kSamples, 255).data(), std::vector<uint16_t>{0, 2, 3});
  }
  static std::vector<int64_t> All() {
    std::vector<int64_t> all(kTinyImages);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  Batch Make(TrainingSource source, int step, uint64_t seed = 1, int size = 8) {
    Batch batch;
    MakeTrainingBatches(source, &originals_, &synthetic_, size, seed)->Make(step, &batch);
    return batch;
  }
  static std::vector<float> Row(const std::vector<float>& values, int row, size_t width) {
    return {values.begin() + row * width, values.begin() + (row + 1) * width};
  }
  // Which original a row's pixels are; -1: none.
  int64_t Which(const Batch& batch, int row) {
    std::vector<float> pixels(kSamples);
    for (int64_t i = 0; i < originals_.size(); ++i) {
      ToFloat(originals_.pixels(i), kSamples, pixels.data());
      if (Row(batch.images, row, kSamples) == pixels) return i;
    }
    return -1;
  }

  static constexpr size_t kSamples = kTinySize * kTinySize * 3;
  static constexpr size_t kClasses = 2 + 3 + 4;
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  DatasetImages originals_{dataset_.get(), All()};
  MemoryImages synthetic_{dataset_->info().schema, dataset_->info().shape};
};

TEST_F(TrainingBatchesTest, AllArePureFunctionsOfSeedAndStep) {
  for (const TrainingSource source : {TrainingSource::kOriginals, TrainingSource::kFlipsAndRotations,
                                      TrainingSource::kMixup, TrainingSource::kOriginalsAndSynthetic}) {
    EXPECT_EQ(Make(source, 5).images, Make(source, 5).images);
    EXPECT_EQ(Make(source, 5).labels, Make(source, 5).labels);
    EXPECT_NE(Make(source, 5).images, Make(source, 6).images);
    EXPECT_NE(Make(source, 5).images, Make(source, 5, 2).images);
  }
}

TEST_F(TrainingBatchesTest, OriginalsComeAsTheyAreEachOnceAnEpoch) {
  std::set<int64_t> seen;
  for (int step = 0; step < 3; ++step) {
    const Batch batch = Make(TrainingSource::kOriginals, step);
    for (int row = 0; row < 8; ++row) {
      const int64_t image = Which(batch, row);
      ASSERT_GE(image, 0);
      seen.insert(image);
      std::vector<float> labels(kClasses);
      WriteOneHot(originals_.schema(), originals_.labels(image), labels.data());
      EXPECT_EQ(Row(batch.labels, row, kClasses), labels);
    }
  }
  EXPECT_EQ(seen.size(), kTinyImages);
}

TEST_F(TrainingBatchesTest, FlipsAndRotationsKeepOrderAndLabels) {
  const Batch plain = Make(TrainingSource::kOriginals, 0);
  const Batch tilted = Make(TrainingSource::kFlipsAndRotations, 0);
  EXPECT_EQ(tilted.labels, plain.labels);
  EXPECT_NE(tilted.images, plain.images);
  EXPECT_NE(Make(TrainingSource::kFlipsAndRotations, 3).images, tilted.images) << "the next epoch is drawn anew";
}

TEST_F(TrainingBatchesTest, MixupBlendsPixelsAndLabelsAlike) {
  const Batch plain = Make(TrainingSource::kOriginals, 0);
  const Batch mixed = Make(TrainingSource::kMixup, 0);
  int blended = 0;
  for (int row = 0; row < 8; ++row) {
    const auto labels = Row(mixed.labels, row, kClasses);
    // Of each feature the shares are 1 together.
    EXPECT_NEAR(labels[0] + labels[1], 1, 1e-6);
    EXPECT_NEAR(labels[5] + labels[6] + labels[7] + labels[8], 1, 1e-6);
    // The share of the original shows in each of its classes, at the least.
    const int64_t image = Which(plain, row);
    ASSERT_GE(image, 0);
    float share = 1;
    for (size_t c = 0; c < kClasses; ++c) {
      if (Row(plain.labels, row, kClasses)[c] == 1) share = std::min(share, labels[c]);
    }
    // The partner is (mixed - share * plain) / (1 - share), an original itself.
    if (share > 0.999f || share < 0.001f) continue;
    ++blended;
    std::vector<float> partner = Row(mixed.images, row, kSamples);
    const auto original = Row(plain.images, row, kSamples);
    for (size_t i = 0; i < kSamples; ++i) partner[i] = (partner[i] - share * original[i]) / (1 - share);
    float nearest = 1;
    std::vector<float> pixels(kSamples);
    for (int64_t i = 0; i < originals_.size(); ++i) {
      ToFloat(originals_.pixels(i), kSamples, pixels.data());
      float distance = 0;
      for (size_t k = 0; k < kSamples; ++k) distance = std::max(distance, std::abs(partner[k] - pixels[k]));
      nearest = std::min(nearest, distance);
    }
    EXPECT_LT(nearest, 1e-2f);
  }
  EXPECT_GT(blended, 0);
}

TEST_F(TrainingBatchesTest, SyntheticOnesComeAlone) {
  EXPECT_THAT(Make(TrainingSource::kSynthetic, 0).images, Each(FloatNear(1, 1e-6)));
}

TEST_F(TrainingBatchesTest, HalvesAreOriginalsThenSynthetic) {
  const Batch batch = Make(TrainingSource::kOriginalsAndSynthetic, 2, 1, 7);
  ASSERT_EQ(batch.size, 7);
  ASSERT_EQ(batch.images.size(), 7 * kSamples);
  ASSERT_EQ(batch.labels.size(), 7 * kClasses);
  for (int row = 0; row < 4; ++row) EXPECT_GE(Which(batch, row), 0);
  for (int row = 4; row < 7; ++row) EXPECT_EQ(Row(batch.images, row, kSamples), std::vector<float>(kSamples, 1.0f));
  EXPECT_EQ(Make(TrainingSource::kOriginalsAndSynthetic, 2, 1, 1).size, 1);
}

}  // namespace
}  // namespace facet::model
