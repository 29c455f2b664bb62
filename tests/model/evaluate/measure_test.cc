// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/measure.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/evaluate/image_quality.h"
#include "model/train/batch.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

constexpr size_t kSamples = kTinySize * kTinySize * 3;
constexpr int kClasses = 2 + 3 + 4;

// Draws the blend of the real images that a feature vector weighs, plus an
// error, and takes a second for it.
class BlendingRenderer final : public Renderer {
 public:
  BlendingRenderer(const Dataset& dataset, FakeClock& clock) : dataset_(dataset), clock_(clock) {}
  float error = 0;
  float error_of_mixes = 0;  // on top of that, of vectors with a part of a class
  std::vector<int> batches;

  absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format, void* pixels) override {
    EXPECT_EQ(format, (PixelFormat{PixelType::kFloat32, PixelLayout::kNhwc}));
    EXPECT_EQ(dense.size(), size_t{1} * count * kClasses);
    batches.push_back(count);
    clock_.Advance(absl::Seconds(1));
    float* out = static_cast<float*>(pixels);
    for (int i = 0; i < count; ++i) {
      const absl::Span<const float> vector = dense.subspan(i * kClasses, kClasses);
      const bool mix = std::any_of(vector.begin(), vector.end(), [](float w) { return w != 0 && w != 1; });
      std::fill_n(out + i * kSamples, kSamples, error + (mix ? error_of_mixes : 0));
      for (int64_t image = 0; image < kTinyImages; ++image)
        AddWeighted(&dense[i * kClasses], image, out + i * kSamples);
    }
    return absl::OkStatus();
  }
  const ImageShape& shape() const override { return dataset_.info().shape; }
  int total_classes() const override { return kClasses; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return 0; }

 private:
  void AddWeighted(const float* vector, int64_t image, float* out) const {
    float weight = 1;
    for (int f = 0; f < 3; ++f) weight *= vector[dataset_.info().schema.offset(f) + dataset_.labels(image)[f]];
    if (weight == 0) return;
    for (size_t k = 0; k < kSamples; ++k) out[k] += weight * static_cast<float>(dataset_.pixels(image)[k]) / 255.0f;
  }

  const Dataset& dataset_;
  FakeClock& clock_;
  std::string device_ = "cpu";
};

// Reads side and colour off the pixels; knows nothing of shades.
class ReadingJudge final : public Judge {
 public:
  bool Knows(int feature) const override { return feature != kShade; }
  absl::Status Classify(const float* images, int count, float* probabilities) override {
    for (int i = 0; i < count; ++i) {
      const float* left = images + i * kSamples + (3 * kTinySize + 2) * 3;
      const float* right = images + i * kSamples + (3 * kTinySize + 5) * 3;
      float* out = probabilities + i * kClasses;
      std::fill_n(out, kClasses, 0.0f);
      Share(left[0] + left[1] + left[2], right[0] + right[1] + right[2], out);
      float colours[3];
      float sum = 0;
      for (int c = 0; c < 3; ++c) sum += colours[c] = left[c] + right[c] - 20.0f / 255.0f;
      for (int c = 0; c < 3; ++c) out[2 + c] = colours[c] / sum;
      const std::vector<float> image(images + i * kSamples, images + (i + 1) * kSamples);
      if (std::find(mistaken.begin(), mistaken.end(), image) != mistaken.end()) std::swap(out[0], out[1]);
    }
    return absl::OkStatus();
  }
  // Images whose side it takes for the other.
  std::vector<std::vector<float>> mistaken;

  // Of the feature side: how bright it is on the left and on the right.
  int embedding_size(int feature) const override { return feature == kSide ? 2 : 0; }
  absl::Status Embed(const float* images, int count, float* embeddings) override {
    for (int i = 0; i < count; ++i) {
      const float* row = images + i * kSamples + 3 * kTinySize * 3;
      for (int side = 0; side < 2; ++side) {
        embeddings[2 * i + side] = 0;
        for (int c = 0; c < 3; ++c) embeddings[2 * i + side] += row[(side == 0 ? 2 : 5) * 3 + c];
      }
    }
    return absl::OkStatus();
  }

 private:
  static void Share(float a, float b, float* out) {
    out[0] = a / (a + b);
    out[1] = b / (a + b);
  }
};

class MeasureTest : public testing::Test {
 protected:
  absl::StatusOr<Evaluation> Run() {
    EvaluateOptions options;
    options.plan = TinyPlan();
    options.dataset = dataset_.get();
    options.split = SplitWithout(held_out_);
    if (held_out_.empty()) options.split.held_out.push_back({"gone", {}});
    options.renderer = &renderer_;
    options.render_batch = 8;
    options.max_images = max_images_;
    options.clock = &clock_;
    options.samples = samples_;
    return Measure(
        options, judge_, [this](double done) { progress_.push_back(done); }, stop_);
  }

  std::vector<float> ToFloats(int64_t image) {
    std::vector<float> pixels(kSamples);
    ToFloat(dataset_->pixels(image), kSamples, pixels.data());
    return pixels;
  }

  FakeClock clock_;
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  BlendingRenderer renderer_{*dataset_, clock_};
  ReadingJudge judge_;
  std::vector<int64_t> held_out_ = {3, 13, 23};
  int max_images_ = 2000;
  SampleSeries samples_;
  std::vector<double> progress_;
  std::atomic<bool> stop_{false};
};

MATCHER_P3(Accuracy, feature, synthetic, real, "") {
  return arg.feature == feature && std::abs(arg.synthetic - synthetic) < 1e-9 && std::abs(arg.real - real) < 1e-9;
}

TEST_F(MeasureTest, AFaithfulModelReachesTheCeilingOnFeaturesTheJudgeKnows) {
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  ASSERT_THAT(evaluation->held_out, SizeIs(1));
  const Evaluation::HeldOut& gone = evaluation->held_out[0];
  EXPECT_EQ(gone.rule, "gone");
  EXPECT_EQ(gone.cell_count, 3);
  EXPECT_THAT(gone.accuracy, ElementsAre(Accuracy("side", 1, 1), Accuracy("colour", 1, 1)));
  EXPECT_GT(gone.psnr_db, 60);
  EXPECT_THAT(gone.sample_images, ElementsAre(3, 13, 23));
  EXPECT_THAT(evaluation->train, ElementsAre(Accuracy("side", 1, 1), Accuracy("colour", 1, 1)));
}

TEST_F(MeasureTest, PsnrIsThatOfTheMeanSquaredError) {
  renderer_.error = 0.1f;
  const auto evaluation = Run();
  EXPECT_NEAR(*evaluation->held_out[0].psnr_db, 20, 1e-3);
  EXPECT_NEAR(*evaluation->train_psnr_db, 20, 1e-3);
}

TEST_F(MeasureTest, PsnrOfNoImagesOrOfNoNumbersIsAbsent) {
  held_out_ = {};
  EXPECT_FALSE(Run()->held_out[0].psnr_db.has_value());
  EXPECT_THAT(Run()->held_out[0].accuracy, SizeIs(0));
  renderer_.error = std::nanf("");
  EXPECT_FALSE(Run()->train_psnr_db.has_value());
}

TEST_F(MeasureTest, MixesKeepTheOtherFeaturesAndGiveMassToBothParents) {
  const auto evaluation = Run();
  ASSERT_THAT(evaluation->mixes,
              ElementsAre(Field(&Evaluation::Mix::feature, "side"), Field(&Evaluation::Mix::feature, "colour"),
                          Field(&Evaluation::Mix::feature, "shade")));
  const Evaluation::Mix& colour = evaluation->mixes[1];
  EXPECT_EQ(colour.image_count, 21);
  EXPECT_THAT(colour.kept, ElementsAre(Accuracy("side", 1, 1)));
  EXPECT_NEAR(colour.parent_mass, 1, 0.05);
  EXPECT_NEAR(colour.blend_distance, 0, 1e-6);
  EXPECT_EQ(evaluation->mixes[2].parent_mass, 0) << "the judge does not know shades";
}

// A judge that is wrong on images it never saw, and right on the others.
TEST_F(MeasureTest, CeilingOfMixesIsThatOfHeldOutImages) {
  judge_.mistaken = {ToFloats(3), ToFloats(13)};
  EXPECT_NEAR(Run()->mixes[1].kept[0].real, 1.0 / 3, 1e-9);
  held_out_ = {};
  judge_.mistaken = {ToFloats(0)};
  const double of_parents = Run()->mixes[1].kept[0].real;
  EXPECT_GT(of_parents, 0.5);
  EXPECT_LT(of_parents, 1);
}

TEST_F(MeasureTest, BlendDistanceIsTheRootMeanSquareFromThePixelBlend) {
  renderer_.error = 0.25f;
  EXPECT_NEAR(Run()->mixes[0].blend_distance, 0.25, 1e-6);
}

// What is drawn wrong of both parents is no sign that a mix is more than a blend.
TEST_F(MeasureTest, RenderedBlendDistanceIsThatFromTheBlendOfBothParentsAsTheyAreDrawn) {
  renderer_.error = 0.25f;
  EXPECT_NEAR(Run()->mixes[0].rendered_blend_distance, 0, 1e-6);
  renderer_.error_of_mixes = 0.125f;
  EXPECT_NEAR(Run()->mixes[0].rendered_blend_distance, 0.125, 1e-6);
}

TEST_F(MeasureTest, LooksAtMaxImagesOfEachPartAtTheMost) {
  max_images_ = 2;
  const auto evaluation = Run();
  std::erase(renderer_.batches, 1);  // on the way from parent to parent
  // Held-out cells, trained cells, and of each feature the mixes and both parents.
  EXPECT_THAT(renderer_.batches, ElementsAre(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2));
  EXPECT_EQ(evaluation->mixes[0].image_count, 2);
  EXPECT_EQ(evaluation->held_out[0].cell_count, 3);
}

TEST_F(MeasureTest, SpeedIsThatOfFullBatches) { EXPECT_NEAR(Run()->render_images_per_second, 8.0, 1e-9); }

TEST_F(MeasureTest, ProgressRisesToOne) {
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(std::is_sorted(progress_.begin(), progress_.end()));
  EXPECT_EQ(progress_.back(), 1.0);
}

TEST_F(MeasureTest, StopsWhenAsked) {
  stop_ = true;
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(MeasureTest, AFaithfulModelIsLikeTheRealImages) {
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  const ImageMeasures& measures = evaluation->train_measures;
  EXPECT_NEAR(measures.high_frequency_ratio, 1, 1e-6);
  EXPECT_NEAR(measures.nearest_distance, 0, 1e-6) << "training images come back by heart";
  EXPECT_GT(measures.real_nearest_distance, 0.01);
  ASSERT_THAT(measures.likeness, SizeIs(1));
  EXPECT_EQ(measures.likeness[0].feature, "side");
  EXPECT_NEAR(measures.likeness[0].cosine, 1, 1e-6);
  EXPECT_EQ(measures.likeness[0].rank_one, 1);
  EXPECT_EQ(measures.likeness[0].real_rank_one, 1);
  EXPECT_GT(evaluation->held_out[0].measures.nearest_distance, 0.01) << "held-out cells are not in training";
  EXPECT_NEAR(evaluation->mixes[1].smoothness, 1, 1e-3) << "this renderer blends evenly";
  EXPECT_GT(evaluation->mixes[1].nearest_distance, 0.01) << "no blend is in training";
}

TEST_F(MeasureTest, WithoutSamplesThereIsNoHistory) { EXPECT_FALSE(Run()->history.has_value()); }

// Image 3 is drawn at step 10 with its halves changed, and at step 30 as it is;
// what was drawn at step 20 is lost.
TEST_F(MeasureTest, HistoryIsWhatTheJudgeMakesOfTheSamplesOfEachStep) {
  const auto mirrored = [](std::vector<float> pixels) {
    for (size_t row = 0; row < kTinySize; ++row) {
      for (size_t column = 0; column < kTinySize / 2; ++column) {
        for (size_t c = 0; c < 3; ++c) {
          std::swap(pixels[(row * kTinySize + column) * 3 + c],
                    pixels[(row * kTinySize + kTinySize - 1 - column) * 3 + c]);
        }
      }
    }
    return pixels;
  };
  judge_.mistaken = {ToFloats(13)};
  samples_.held_out = true;
  samples_.images = {3, 13};
  samples_.steps = {10, 20, 30};
  samples_.read = [&](int step) -> absl::StatusOr<std::vector<float>> {
    if (step == 20) return absl::DataLossError("lost");
    std::vector<float> drawn = step == 30 ? ToFloats(3) : mirrored(ToFloats(3));
    const std::vector<float> second = ToFloats(13);
    drawn.insert(drawn.end(), second.begin(), second.end());
    return drawn;
  };
  const auto evaluation = Run();
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  ASSERT_TRUE(evaluation->history.has_value());
  const AccuracyHistory& history = *evaluation->history;
  EXPECT_TRUE(history.held_out);
  EXPECT_EQ(history.image_count, 2);
  EXPECT_THAT(history.features, ElementsAre("side", "colour"));
  EXPECT_THAT(history.real, ElementsAre(0.5, 1));
  ASSERT_THAT(history.points, SizeIs(2));
  EXPECT_EQ(history.points[0].step, 10);
  EXPECT_THAT(history.points[0].accuracy, ElementsAre(0, 1));
  EXPECT_EQ(history.points[1].step, 30);
  EXPECT_THAT(history.points[1].accuracy, ElementsAre(0.5, 1));
}

}  // namespace
}  // namespace facet::model
