// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

constexpr int kClasses = 2 + 3 + 4;
constexpr size_t kSamples = kTinySize * kTinySize * 3;

class BatchMakerTest : public testing::Test {
 protected:
  BatchMakerOptions Options() const {
    BatchMakerOptions options;
    options.dataset = dataset_.get();
    options.images = SplitWithout({}).train;
    options.batch_size = 8;
    options.seed = 5;
    return options;
  }
  // The image whose one-hot labels stand in row `row`.
  int64_t ImageOf(const Batch& batch, int row) const {
    const float* labels = &batch.labels[row * kClasses];
    const auto hot = [](const float* first, int count) { return std::max_element(first, first + count) - first; };
    return hot(labels, 2) * 12 + hot(labels + 2, 3) * 4 + hot(labels + 5, 4);
  }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
};

TEST_F(BatchMakerTest, RowsHoldPixelsBetween0And1AndOneHotLabels) {
  BatchMaker maker(Options());
  Batch batch;
  maker.Make(0, &batch);
  ASSERT_EQ(batch.images.size(), 8 * kSamples);
  ASSERT_EQ(batch.labels.size(), 8 * kClasses);
  for (int row = 0; row < 8; ++row) {
    EXPECT_EQ(std::accumulate(&batch.labels[row * kClasses], &batch.labels[row * kClasses] + kClasses, 0.0f), 3.0f);
    const uint8_t* pixels = dataset_->pixels(ImageOf(batch, row));
    for (size_t k = 0; k < kSamples; ++k) ASSERT_EQ(batch.images[row * kSamples + k], pixels[k] / 255.0f);
  }
  EXPECT_THAT(batch.target_images, IsEmpty());
  EXPECT_THAT(batch.target_labels, IsEmpty());
}

TEST_F(BatchMakerTest, ABatchDependsOnItsStepAlone) {
  BatchMakerOptions options = Options();
  options.mix_share = 0.5;
  options.mix_feature = kColour;
  BatchMaker maker(options);
  Batch first;
  maker.Make(11, &first);
  Batch used;
  BatchMaker again(options);
  again.Make(3, &used);
  again.Make(11, &used);
  EXPECT_EQ(first.images, used.images);
  EXPECT_EQ(first.target_images, used.target_images);
  EXPECT_EQ(first.target_labels, used.target_labels);
}

TEST_F(BatchMakerTest, TheAskedShareIsBlendedInPixelsAndLabelsAlike) {
  BatchMakerOptions options = Options();
  options.mix_share = 0.5;
  options.mix_feature = kColour;
  BatchMaker maker(options);
  Batch batch;
  maker.Make(0, &batch);
  for (int row = 0; row < 8; ++row) {
    const int64_t own = ImageOf(batch, row);
    const float* colours = &batch.target_labels[row * kClasses + 2];
    const auto own_colour = dataset_->labels(own)[kColour];
    const float own_weight = colours[own_colour];
    if (row >= 4) {
      EXPECT_EQ(own_weight, 1.0f);
      continue;
    }
    EXPECT_GE(own_weight, 0.3f - 1e-6f);
    EXPECT_LE(own_weight, 0.7f + 1e-6f);
    const int partner_colour = colours[(own_colour + 1) % 3] > 0 ? (own_colour + 1) % 3 : (own_colour + 2) % 3;
    EXPECT_FLOAT_EQ(colours[partner_colour], 1.0f - own_weight);
    const int64_t partner = own + 4 * (partner_colour - own_colour);
    for (size_t k = 0; k < kSamples; ++k) {
      const float blend =
          (own_weight * dataset_->pixels(own)[k] + (1.0f - own_weight) * dataset_->pixels(partner)[k]) / 255.0f;
      ASSERT_NEAR(batch.target_images[row * kSamples + k], blend, 1e-6);
    }
  }
}

TEST_F(BatchMakerTest, RealRowsStayRealWhereOthersAreMixed) {
  BatchMakerOptions options = Options();
  BatchMaker plain(options);
  options.mix_share = 0.5;
  options.mix_feature = kColour;
  BatchMaker mixing(options);
  Batch expected;
  Batch batch;
  plain.Make(2, &expected);
  mixing.Make(2, &batch);
  EXPECT_EQ(batch.images, expected.images);
  EXPECT_EQ(batch.labels, expected.labels);
}

TEST_F(BatchMakerTest, WithoutAPartnerAnImageStaysAsItIs) {
  BatchMakerOptions options = Options();
  options.images = {0, 1, 2, 3};  // all of them red
  options.mix_share = 1.0;
  options.mix_feature = kColour;
  BatchMaker maker(options);
  Batch batch;
  maker.Make(0, &batch);
  EXPECT_EQ(batch.target_images, batch.images);
  EXPECT_EQ(batch.target_labels, batch.labels);
}

TEST_F(BatchMakerTest, RatiosAreDrawnFromTheRangeAskedFor) {
  BatchMakerOptions options = Options();
  options.mix_share = 1.0;
  options.mix_feature = kColour;
  options.mix_ratio_min = 0.1;
  options.mix_ratio_max = 0.2;
  BatchMaker maker(options);
  Batch batch;
  maker.Make(0, &batch);
  for (int row = 0; row < 8; ++row) {
    const float own = batch.target_labels[row * kClasses + 2 + dataset_->labels(ImageOf(batch, row))[kColour]];
    EXPECT_GE(own, 0.8f - 1e-6f);
    EXPECT_LE(own, 0.9f + 1e-6f);
  }
}

TEST_F(BatchMakerTest, ThreeParentsAreBlendedInPixelsAndLabelsAlike) {
  BatchMakerOptions options = Options();
  options.batch_size = 24;
  options.mix_share = 1.0;
  options.mix_feature = kColour;
  options.mix_parents = 3;
  BatchMaker maker(options);
  Batch batch;
  maker.Make(0, &batch);
  int of_three = 0;
  for (int row = 0; row < 24; ++row) {
    const int64_t own = ImageOf(batch, row);
    const float* colours = &batch.target_labels[row * kClasses + 2];
    EXPECT_NEAR(colours[0] + colours[1] + colours[2], 1, 1e-6);
    of_three += colours[0] > 0 && colours[1] > 0 && colours[2] > 0;
    const auto own_colour = dataset_->labels(own)[kColour];
    EXPECT_GT(colours[own_colour], 0.3f / 1.7f - 1e-6f);
    for (size_t k = 0; k < kSamples; ++k) {
      float blend = 0;
      for (int c = 0; c < 3; ++c) blend += colours[c] * dataset_->pixels(own + 4 * (c - own_colour))[k] / 255.0f;
      ASSERT_NEAR(batch.target_images[row * kSamples + k], blend, 1e-6);
    }
  }
  EXPECT_GT(of_three, 0);
}

// The first quarter is mixed, the next half of cells without an image, the rest
// real.
TEST_F(BatchMakerTest, TheAskedShareIsOfCellsThatHaveNoImage) {
  BatchMakerOptions options = Options();
  options.images = SplitWithout({6}).train;  // left, green, of the third shade
  options.mix_share = 0.25;
  options.mix_feature = kColour;
  options.analogy_share = 0.5;
  options.analogy_feature = kShade;
  BatchMaker maker(options);
  Batch batch;
  maker.Make(3, &batch);
  const std::vector<float> cell = {1, 0, 0, 1, 0, 0, 0, 1, 0};
  for (int row = 0; row < 8; ++row) {
    const float* labels = &batch.target_labels[row * kClasses];
    const float* pixels = &batch.target_images[row * kSamples];
    EXPECT_EQ(std::equal(cell.begin(), cell.end(), labels), row >= 2 && row < 6) << row;
    if (row >= 6) {
      EXPECT_TRUE(std::equal(pixels, pixels + kSamples, &batch.images[row * kSamples]));
      continue;
    }
    if (row < 2) continue;
    // Green of another shade, changed as red or blue changes from it.
    int matches = 0;
    for (const int shade : {0, 1, 3}) {
      for (const int colour : {0, 2}) {
        bool same = true;
        for (size_t k = 0; k < kSamples; ++k) {
          const int changed = int{dataset_->pixels(4 + shade)[k]} + int{dataset_->pixels(4 * colour + 2)[k]} -
                              int{dataset_->pixels(4 * colour + shade)[k]};
          same = same && pixels[k] == static_cast<float>(std::clamp(changed, 0, 255)) / 255.0f;
        }
        matches += same ? 1 : 0;
      }
    }
    EXPECT_EQ(matches, 1) << row;
  }
}

TEST_F(BatchMakerTest, AnalogiesDifferFromRowToRowAndFromStepToStep) {
  BatchMakerOptions options = Options();
  options.images = SplitWithout({6, 17}).train;
  options.mix_feature = kColour;
  options.analogy_share = 1.0;
  options.analogy_feature = kShade;
  BatchMaker maker(options);
  Batch batch;
  std::set<std::vector<float>> rows;
  for (const int step : {0, 1}) {
    maker.Make(step, &batch);
    for (int row = 0; row < 8; ++row) {
      const float* pixels = &batch.target_images[row * kSamples];
      rows.emplace(pixels, pixels + kSamples);
    }
    EXPECT_GT(rows.size(), step == 0 ? 3u : 6u);
  }
  BatchMaker again(options);
  Batch same;
  again.Make(1, &same);
  EXPECT_EQ(same.target_images, batch.target_images);
  EXPECT_EQ(same.target_labels, batch.target_labels);
}

TEST_F(BatchMakerTest, WithoutOthersWhoHaveBothRowsStayReal) {
  BatchMakerOptions options = Options();
  options.images = {0, 4, 8};  // one shade
  options.mix_feature = kColour;
  options.analogy_share = 1.0;
  options.analogy_feature = kShade;
  BatchMaker maker(options);
  EXPECT_TRUE(maker.LacksAnalogies());
  Batch batch;
  maker.Make(0, &batch);
  EXPECT_THAT(batch.target_images, IsEmpty());
  EXPECT_THAT(batch.target_labels, IsEmpty());
}

}  // namespace
}  // namespace facet::model
