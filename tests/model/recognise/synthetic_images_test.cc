// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/synthetic_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "model/evaluate/likeness.h"
#include "model/recognise/paired_statistics.h"
#include "model/train/batch.h"
#include "tests/base/status_is.h"
#include "tests/model/recognise/blending_renderer.h"

namespace facet::model {
namespace {

// Is as sure of the side of each image as it is told, in the order of images.
class ScriptedJudge final : public Judge {
 public:
  explicit ScriptedJudge(const FeatureSchema* schema) : schema_(*schema) {}
  std::vector<float> sure;  // of the right class, of the images to come; then 1

  bool Knows(int feature) const override { return feature == kSide; }
  absl::Status Classify(const float*, int count, float* probabilities) override {
    for (int i = 0; i < count; ++i, ++seen_) {
      const float p = seen_ < sure.size() ? sure[seen_] : 1.0f;
      float* row = probabilities + i * schema_.total_classes();
      std::fill_n(row, schema_.total_classes(), 0.0f);
      // Both sides alike: which is right is the caller's to know.
      row[0] = row[1] = p;
    }
    return absl::OkStatus();
  }
  int embedding_size(int) const override { return 0; }
  absl::Status Embed(const float*, int, float*) override { return absl::OkStatus(); }

 private:
  const FeatureSchema& schema_;
  size_t seen_ = 0;
};

class SyntheticImagesTest : public testing::Test {
 protected:
  SyntheticImagesTest() {
    options_.feature = kSide;
    options_.mix_feature = kColour;
    options_.filter = {0.5, 1e-6, 1e6};
    options_.renderer = &renderer_;
    options_.judge = &judge_;
    options_.batch = 7;
  }
  static std::vector<int64_t> All() {
    std::vector<int64_t> all(kTinyImages);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  static double EnergyOf(const LabelledImages& images, int64_t i) {
    std::vector<float> pixels(images.shape().samples());
    ToFloat(images.pixels(i), pixels.size(), pixels.data());
    return HighFrequencyEnergy(images.shape(), pixels);
  }
  static double MedianEnergy(const LabelledImages& images) {
    std::vector<double> energies;
    for (int64_t i = 0; i < images.size(); ++i) energies.push_back(EnergyOf(images, i));
    return Median(energies);
  }
  auto Render() { return RenderSynthetic(options_, originals_, stop_); }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  DatasetImages originals_{dataset_.get(), All()};
  BlendingRenderer renderer_{dataset_.get()};
  ScriptedJudge judge_{&dataset_->info().schema};
  SyntheticOptions options_;
  std::atomic<bool> stop_{false};
};

TEST_F(SyntheticImagesTest, RendersEveryPairInEveryCombination) {
  std::vector<double> done;
  options_.on_progress = [&](double share) { done.push_back(share); };
  const auto made = Render();
  ASSERT_THAT(made, IsOk());
  // 2 sides, 6 pairs of 3 colours, 4 shades.
  EXPECT_EQ(made->counts.rendered, 48);
  EXPECT_EQ(made->counts.kept, 48);
  EXPECT_EQ(made->images->size(), 48);
  EXPECT_EQ(renderer_.images, 24 + 48) << "the originals' own cells come first";
  EXPECT_EQ(done.back(), 1);
  // The first is red with red: the first original; the fifth red with green,
  // left, darkest: half of each.
  EXPECT_EQ(std::vector<uint8_t>(made->images->pixels(0), made->images->pixels(0) + 192),
            std::vector<uint8_t>(dataset_->pixels(0), dataset_->pixels(0) + 192));
  const uint8_t* mixed = made->images->pixels(4);
  const size_t in_bar = (1 * kTinySize + 1) * 3;
  EXPECT_EQ(mixed[in_bar], (60 + 10) / 2);
  EXPECT_EQ(mixed[in_bar + 1], (60 + 10) / 2);
  EXPECT_EQ(mixed[in_bar + 2], 10);
  EXPECT_EQ(made->images->labels(4)[kSide], 0);
}

TEST_F(SyntheticImagesTest, DropsWhatTheJudgeDoubtsFirst) {
  judge_.sure = {0.4f, 0.5f, 0.3f};
  options_.filter.min_sharpness = 0.99;  // of the median: dark ones have less
  const auto made = Render();
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->counts.dropped_confidence, 2) << "just enough is enough";
  EXPECT_GT(made->counts.dropped_sharpness, 0);
  EXPECT_EQ(made->counts.kept, 48 - 2 - made->counts.dropped_sharpness);
  EXPECT_EQ(made->images->size(), made->counts.kept);
}

TEST_F(SyntheticImagesTest, KeepsTheBandAroundTheMedianOfTheModelsOwnCells) {
  const double median = MedianEnergy(originals_);  // the renderer gives them back as they are
  options_.filter.min_sharpness = 0.5;
  options_.filter.max_sharpness = 1.2;
  const auto made = Render();
  ASSERT_THAT(made, IsOk());
  EXPECT_GT(made->counts.kept, 0);
  EXPECT_LT(made->counts.kept, 48);
  for (int64_t i = 0; i < made->images->size(); ++i) {
    EXPECT_GE(EnergyOf(*made->images, i), 0.5 * median);
    EXPECT_LE(EnergyOf(*made->images, i), 1.2 * median);
  }
}

TEST_F(SyntheticImagesTest, AModelThatBlursAllAlikeLosesNothingToTheFilter) {
  options_.filter.min_sharpness = 0.3;
  options_.filter.max_sharpness = 3;
  const auto sharp = Render();
  ASSERT_THAT(sharp, IsOk());
  renderer_.contrast = 0.4F;  // 0.16 of the originals' energy
  const auto blurred = Render();
  ASSERT_THAT(blurred, IsOk());
  EXPECT_GT(blurred->counts.kept, 24);
  EXPECT_EQ(blurred->counts.kept, sharp->counts.kept);
}

TEST_F(SyntheticImagesTest, CellsWithoutAnOriginalDoNotSetTheBand) {
  const DatasetImages few(dataset_.get(), {0, 1, 2});
  ASSERT_THAT(RenderSynthetic(options_, few, stop_), IsOk());
  EXPECT_EQ(renderer_.images, 3 + 48);
}

TEST_F(SyntheticImagesTest, WithoutFineDetailSharpnessIsNotLookedAt) {
  renderer_.contrast = 0;
  options_.filter.min_sharpness = 0.4;
  const auto made = Render();
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->counts.kept, 48);
}

TEST_F(SyntheticImagesTest, NothingGoodEnoughSaysWhy) {
  judge_.sure.assign(48, 0.1f);
  const auto made = Render();
  EXPECT_THAT(made, HasReason(absl::StatusCode::kFailedPrecondition, "NO_SYNTHETIC_IMAGES"));
  EXPECT_THAT(std::string(made.status().message()), testing::HasSubstr("none of 48"));
}

TEST_F(SyntheticImagesTest, StopsBetweenBatches) {
  options_.on_progress = [&](double) { stop_ = true; };
  EXPECT_TRUE(absl::IsCancelled(Render().status()));
  EXPECT_EQ(renderer_.images, 7);
  options_.on_progress = nullptr;
  EXPECT_TRUE(absl::IsCancelled(Render().status()));
  EXPECT_EQ(renderer_.images, 7) << "the first batch of all is not rendered after a stop";
}

}  // namespace
}  // namespace facet::model
