// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/recogniser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "model/recognise/training_batches.h"
#include "model/train/labelled_images.h"
#include "tests/base/status_is.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

class RecogniserTest : public testing::Test {
 protected:
  RecogniserTest() {
    plan_.feature = kColour;
    plan_.mix_feature = kShade;
    plan_.steps = 60;
    plan_.batch_size = 8;
    plan_.learning_rate = 5e-3;
    nets_.classifier.dropout = 0.25f;
  }
  static std::vector<int64_t> All() {
    std::vector<int64_t> all(kTinyImages);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  auto Train(int seed) {
    auto batches = MakeTrainingBatches(TrainingSource::kOriginals, &originals_, nullptr, plan_.batch_size, seed);
    return TrainRecogniser(
        plan_, nets_, seed, std::move(batches), "cpu", [this](int step) { last_step_ = step; }, stop_);
  }
  std::vector<float> Probabilities(Judge& judge) {
    std::vector<float> pixels(192);
    ToFloat(dataset_->pixels(5), 192, pixels.data());
    std::vector<float> probabilities(9);
    EXPECT_THAT(judge.Classify(pixels.data(), 1, probabilities.data()), IsOk());
    return probabilities;
  }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  DatasetImages originals_{dataset_.get(), All()};
  ComparisonPlan plan_;
  NetPlan nets_ = TinyPlan();
  std::atomic<bool> stop_{false};
  int last_step_ = 0;
};

TEST_F(RecogniserTest, LearnsItsFeatureAndNoOther) {
  const auto recogniser = Train(1);
  ASSERT_THAT(recogniser, IsOk());
  EXPECT_EQ(last_step_, 60);
  EXPECT_TRUE((*recogniser)->Knows(kColour));
  EXPECT_FALSE((*recogniser)->Knows(kSide));
  EXPECT_FALSE((*recogniser)->Knows(kShade));
  int batches = 0;
  const auto answers = Recognise(
      **recogniser, dataset_->info().schema, kColour, *dataset_, 5, [&] { ++batches; }, stop_);
  ASSERT_THAT(answers, IsOk());
  EXPECT_EQ(batches, 5);
  ASSERT_EQ(answers->size(), kTinyImages);
  int right = 0;
  for (int64_t i = 0; i < kTinyImages; ++i) right += (*answers)[i] == dataset_->labels(i)[kColour];
  EXPECT_GE(right, kTinyImages - 2);
}

TEST_F(RecogniserTest, IsAFunctionOfItsSeed) {
  EXPECT_EQ(Probabilities(**Train(1)), Probabilities(**Train(1)));
  EXPECT_NE(Probabilities(**Train(1)), Probabilities(**Train(2)));
}

TEST_F(RecogniserTest, WeightDecayMatters) {
  const auto with = Probabilities(**Train(1));
  plan_.weight_decay = 0;
  EXPECT_NE(Probabilities(**Train(1)), with);
}

TEST_F(RecogniserTest, StopsWithinAStep) {
  stop_ = true;
  EXPECT_TRUE(absl::IsCancelled(Train(1).status()));
  EXPECT_EQ(last_step_, 0);
}

TEST_F(RecogniserTest, ALossThatIsNoNumberNamesTheRate) {
  plan_.learning_rate = 1e20;
  const auto recogniser = Train(1);
  EXPECT_THAT(recogniser, HasReason(absl::StatusCode::kDataLoss, "LOSS_NOT_FINITE"));
  EXPECT_THAT(std::string(recogniser.status().message()), testing::HasSubstr("augmentation.learning_rate"));
}

}  // namespace
}  // namespace facet::model
