// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/neighbour_search.h"

#include <cmath>
#include <numeric>

#include "gtest/gtest.h"
#include "model/train/batch.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::model {
namespace {

constexpr int64_t kImages = 1500;
constexpr size_t kSamples = 2 * 3 * 3;

class NeighbourSearchTest : public testing::Test {
 protected:
  std::vector<float> PixelsOfImage(int64_t image, float shift = 0) {
    std::vector<float> pixels(kSamples);
    ToFloat(dataset_->pixels(image), kSamples, pixels.data());
    for (float& sample : pixels) sample += shift;
    return pixels;
  }
  double Distance(const std::vector<float>& query, int64_t itself = NeighbourSearch::kNone) {
    const auto distances = NeighbourSearch(*dataset_, images_).Distances(query, {itself}, stop_);
    EXPECT_TRUE(distances.ok()) << distances.status();
    return distances->at(0);
  }

  TempDir dir_;
  std::unique_ptr<Dataset> dataset_ =
      MakeDataset(dir_ / "data", FeatureSchema::Create({{"a", {"x"}}}).value(), Labels(kImages, {0}));
  std::vector<int64_t> images_ = [] {
    std::vector<int64_t> all(kImages);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }();
  std::atomic<bool> stop_{false};
};

TEST_F(NeighbourSearchTest, FindsTheLastOfManyImages) {
  EXPECT_EQ(Distance(PixelsOfImage(kImages - 1)), 0);
  EXPECT_NEAR(Distance(PixelsOfImage(kImages - 1, 0.01f)), 0.01, 1e-6);
}

TEST_F(NeighbourSearchTest, IsTheLeastOfAllDistancesButThatToItself) {
  for (const int64_t query : {int64_t{0}, int64_t{700}, kImages - 1}) {
    double least = 1;
    for (int64_t other = 0; other < kImages; ++other) {
      if (other == query) continue;
      double sum = 0;
      for (size_t k = 0; k < kSamples; ++k) {
        const double difference = (dataset_->pixels(query)[k] - dataset_->pixels(other)[k]) / 255.0;
        sum += difference * difference;
      }
      least = std::min(least, std::sqrt(sum / kSamples));
    }
    EXPECT_NEAR(Distance(PixelsOfImage(query), query), least, 1e-6);
  }
}

TEST_F(NeighbourSearchTest, EachQueryHasItsOwn) {
  std::vector<float> queries = PixelsOfImage(3);
  const std::vector<float> other = PixelsOfImage(9, 0.02f);
  queries.insert(queries.end(), other.begin(), other.end());
  const auto distances = NeighbourSearch(*dataset_, images_).Distances(queries, {-1, -1}, stop_);
  ASSERT_TRUE(distances.ok());
  EXPECT_EQ(distances->at(0), 0);
  EXPECT_NEAR(distances->at(1), 0.02, 1e-6);
}

TEST_F(NeighbourSearchTest, OfNoOtherImageIs0) {
  images_ = {5};
  EXPECT_EQ(Distance(PixelsOfImage(5), 5), 0);
}

TEST_F(NeighbourSearchTest, StopsWhenAsked) {
  stop_ = true;
  EXPECT_TRUE(absl::IsCancelled(NeighbourSearch(*dataset_, images_).Distances(PixelsOfImage(0), {-1}, stop_).status()));
}

}  // namespace
}  // namespace facet::model
