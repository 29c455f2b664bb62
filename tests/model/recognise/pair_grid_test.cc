// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/pair_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace facet::model {
namespace {

using testing::ElementsAre;

std::vector<std::string> Numbered(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(absl::StrCat("c", i));
  return names;
}

FeatureSchema Faces(int people, int moods) {
  return *FeatureSchema::Create({{"identity", Numbered(people)}, {"expression", Numbered(moods)}});
}

TEST(PairGridTest, CountsThePairsOfThePaper) {
  // 65 people and 5 expressions: 65 * 66 / 2 * 5.
  EXPECT_EQ(PairGrid(Faces(65, 5), 0).size(), 10725);
  EXPECT_EQ(PairGrid::Count(Faces(65, 5), 0), 10725);
}

TEST(PairGridTest, HasEachPairInEachCombinationOnce) {
  const FeatureSchema schema = *FeatureSchema::Create({{"a", Numbered(2)}, {"b", Numbered(3)}, {"c", Numbered(2)}});
  const PairGrid grid(schema, 1);
  ASSERT_EQ(grid.size(), 2 * 6 * 2);
  std::set<std::pair<std::vector<uint16_t>, std::vector<uint16_t>>> seen;
  for (int64_t i = 0; i < grid.size(); ++i) {
    const auto [first, second] = grid.Parents(i);
    EXPECT_EQ(first[0], second[0]);
    EXPECT_EQ(first[2], second[2]);
    EXPECT_LE(first[1], second[1]) << "a pair has no order";
    EXPECT_TRUE(seen.insert({first, second}).second);
  }
}

TEST(PairGridTest, WritesHalvesAndWholes) {
  const PairGrid grid(Faces(2, 2), 0);
  // Pairs (0,0), (0,1), (1,1), the expression fastest.
  std::vector<float> dense(4);
  grid.WriteDense(1, dense.data());
  EXPECT_THAT(dense, ElementsAre(1, 0, 0, 1));
  grid.WriteDense(2, dense.data());
  EXPECT_THAT(dense, ElementsAre(0.5f, 0.5f, 1, 0));
  grid.WriteDense(5, dense.data());
  EXPECT_THAT(dense, ElementsAre(0, 1, 0, 1));
}

TEST(PairGridTest, CountsWhatNobodyCouldRender) {
  std::vector<Feature> features;
  for (int i = 0; i < 40; ++i) features.push_back({absl::StrCat("f", i), Numbered(10)});
  EXPECT_DOUBLE_EQ(PairGrid::Count(*FeatureSchema::Create(features), 3), 55e39);
}

}  // namespace
}  // namespace facet::model
