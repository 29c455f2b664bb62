// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/judge.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/bundle/safetensors.h"
#include "model/train/batch.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

constexpr int kClasses = 2 + 3 + 4;
constexpr size_t kSamples = kTinySize * kTinySize * 3;

class JudgeTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Judge>> Train() {
    JudgeOptions options;
    options.plan = plan_;
    options.dataset = dataset_.get();
    options.train_images = SplitWithout({4, 14}).train;
    options.device = "cpu";
    options.on_progress = [this](double done) { done_ = done; };
    return TrainJudge(options, stop_);
  }
  std::vector<float> ClassifyAll(Judge& judge) {
    std::vector<float> images(kTinyImages * kSamples);
    ToFloat(dataset_->pixels(0), images.size(), images.data());
    std::vector<float> probabilities(kTinyImages * kClasses, -1.0f);
    EXPECT_TRUE(judge.Classify(images.data(), kTinyImages, probabilities.data()).ok());
    return probabilities;
  }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  NetPlan plan_ = TinyPlan();
  std::atomic<bool> stop_{false};
  double done_ = 0;
};

TEST_F(JudgeTest, LearnsToTellRealImagesUnseenOnesIncluded) {
  plan_.judge.steps = 200;
  const auto judge = Train();
  ASSERT_TRUE(judge.ok()) << judge.status();
  EXPECT_EQ(done_, 1.0);
  const std::vector<float> probabilities = ClassifyAll(**judge);
  for (int i = 0; i < kTinyImages; ++i) {
    const float* row = &probabilities[i * kClasses];
    EXPECT_GT(row[dataset_->labels(i)[kSide]], 0.5f) << i;
    EXPECT_GT(row[2 + dataset_->labels(i)[kColour]], 0.5f) << i;
    EXPECT_NEAR(std::accumulate(row + 5, row + 9, 0.0f), 1.0f, 1e-4);
  }
}

TEST_F(JudgeTest, IsAFunctionOfItsOptions) {
  const auto judge = Train();
  const auto again = Train();
  EXPECT_EQ(ClassifyAll(**judge), ClassifyAll(**again));
  plan_.training.seed = 8;
  EXPECT_EQ(ClassifyAll(**judge), ClassifyAll(**Train())) << "what it judges does not matter";
  plan_.judge.seed = 8;
  EXPECT_NE(ClassifyAll(**judge), ClassifyAll(**Train()));
}

TEST_F(JudgeTest, OnTheSameImagesFromElsewhereItIsTheSame) {
  const std::vector<int64_t> images = SplitWithout({4, 14}).train;
  MemoryImages copies(dataset_->info().schema, dataset_->info().shape);
  for (const int64_t image : images) copies.Add(dataset_->pixels(image), dataset_->labels(image));
  const auto judge = TrainJudgeOn({plan_, dataset_.get(), {}, "cpu", nullptr}, copies, stop_);
  ASSERT_TRUE(judge.ok()) << judge.status();
  EXPECT_EQ(ClassifyAll(**judge), ClassifyAll(**Train()));
}

TEST_F(JudgeTest, FeaturesWithoutAHeadAreNotJudged) {
  plan_.classifier.headless = {kShade};
  EXPECT_THAT(JudgedFeatures(plan_), ElementsAre(kSide, kColour));
  const auto judge = Train();
  EXPECT_TRUE((*judge)->Knows(kColour));
  EXPECT_FALSE((*judge)->Knows(kShade));
  const std::vector<float> probabilities = ClassifyAll(**judge);
  for (int k = 5; k < 9; ++k) EXPECT_EQ(probabilities[k], 0.0f);
}

TEST_F(JudgeTest, WhereNoFeatureHasAHeadAllOfTwoClassesAreJudged) {
  plan_.classifier.headless = {0, 1, 2};
  EXPECT_THAT(JudgedFeatures(plan_), ElementsAre(0, 1, 2));
  plan_.classifier.classes = {2, 1, 4};
  EXPECT_THAT(JudgedFeatures(plan_), ElementsAre(0, 2));
}

TEST_F(JudgeTest, StopsWhenAsked) {
  stop_ = true;
  EXPECT_EQ(Train().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(JudgeTest, ALossThatIsNotFiniteIsSaid) {
  plan_.judge.learning_rate = 1e30;
  EXPECT_EQ(GetErrorDetail(Train().status()).reason, "LOSS_NOT_FINITE");
}

TEST_F(JudgeTest, EmbedsImagesAsToWhatItKnows) {
  plan_.classifier.headless = {kShade};
  const auto judge = Train();
  EXPECT_EQ((*judge)->embedding_size(kShade), 0);
  const int size = (*judge)->embedding_size(kSide) + (*judge)->embedding_size(kColour);
  ASSERT_GT(size, 0);
  std::vector<float> images(2 * kSamples);
  ToFloat(dataset_->pixels(0), images.size(), images.data());
  std::vector<float> embeddings(2 * size + 1, -1e9f);
  ASSERT_TRUE((*judge)->Embed(images.data(), 2, embeddings.data()).ok());
  EXPECT_EQ(std::count(embeddings.begin(), embeddings.end(), -1e9f), 1) << "as many as there is room for";
  EXPECT_EQ(embeddings.back(), -1e9f);
  EXPECT_NE(std::vector<float>(embeddings.begin(), embeddings.begin() + size),
            std::vector<float>(embeddings.begin() + size, embeddings.end() - 1));
}

// Weights of all zeros but for one bias in each hidden layer: what it adds is
// the embedding.
TEST_F(JudgeTest, EmbeddingsOfFeaturesStandSideBySideInSchemaOrder) {
  plan_.classifier.headless = {kColour};
  const std::vector<float> zeros(32 * 64);
  const std::vector<float> threes(32, 3.0f);
  const std::vector<float> fives(32, 5.0f);
  TensorMap tensors;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape, const std::vector<float>& values) {
    const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
    const absl::string_view bytes(reinterpret_cast<const char*>(values.data()), count * sizeof(float));
    tensors["classifier." + name] = {TensorType::kFloat32, std::move(shape), bytes};
  };
  add("block.0.weight", {8, 3, 3, 3}, zeros);
  add("block.0.bias", {8}, zeros);
  add("block.1.weight", {16, 8, 3, 3}, zeros);
  add("block.1.bias", {16}, zeros);
  for (const int f : {kSide, kShade}) {
    const std::string head = "head." + std::to_string(f);
    add(head + ".0.weight", {32, 64}, zeros);
    add(head + ".0.bias", {32}, f == kSide ? threes : fives);
    add(head + ".1.weight", {plan_.classifier.classes[f], 32}, zeros);
    add(head + ".1.bias", {plan_.classifier.classes[f]}, zeros);
  }
  const auto judge = LoadClassifier(plan_.classifier, SerializeSafetensors(tensors, {}), "cpu");
  ASSERT_TRUE(judge.ok()) << judge.status();
  std::vector<float> embeddings(2 * 64);
  ASSERT_TRUE((*judge)->Embed(std::vector<float>(2 * kSamples).data(), 2, embeddings.data()).ok());
  for (size_t i = 0; i < embeddings.size(); ++i) EXPECT_EQ(embeddings[i], i % 64 < 32 ? 3.0f : 5.0f) << i;
}

TEST_F(JudgeTest, WithoutWeightsOfAClassifierThereIsNoneToLoad) {
  const std::string weights = SerializeSafetensors({}, {});
  EXPECT_EQ(GetErrorDetail(LoadClassifier(plan_.classifier, weights, "cpu").status()).reason, "NO_CLASSIFIER");
}

TEST_F(JudgeTest, DamagedWeightsAreNotLoaded) {
  EXPECT_EQ(LoadClassifier(plan_.classifier, "no weights", "cpu").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace facet::model
