// SPDX-License-Identifier: Apache-2.0
#include "model/augment/combinations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

absl::StatusOr<Combinations> Make(const std::string& text, const FeatureSchema& schema = FaceSchema(4, 3)) {
  return Combinations::Create(FromText<v1::StreamRecipe>(text), schema);
}

std::vector<float> VectorAt(const Combinations& combinations, int64_t i, int classes = 7) {
  std::vector<float> dense(classes, 9.0f);
  CounterRandom random(1, "test", i);
  combinations.Write(i, random, absl::MakeSpan(dense));
  return dense;
}

TEST(CombinationsTest, HaveEveryCombinationOnce) {
  const Combinations all = Make("").value();
  ASSERT_EQ(all.size(), 12);
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 12; ++i) seen.insert(VectorAt(all, i));
  EXPECT_EQ(seen.size(), 12u);
}

TEST(CombinationsTest, ThePapersSetIsOneLine) {
  const FeatureSchema schema = FaceSchema(65, 5);
  EXPECT_EQ(Make("all_pairs { feature: 'identity' }", schema).value().size(), 21125);
  EXPECT_EQ(Make("all_pairs { feature: 'identity' distinct: true }", schema).value().size(), 10725);
}

TEST(CombinationsTest, AllPairsIsThePairsItStandsFor) {
  const Combinations line = Make("all_pairs { feature: 'identity' }").value();
  const Combinations spelt =
      Make("features { feature: 'identity' pairs { fixed: 0.5 ordered: true across: MIX_ACROSS_EITHER } }").value();
  ASSERT_EQ(line.size(), spelt.size());
  for (int i = 0; i < line.size(); ++i) EXPECT_EQ(VectorAt(line, i), VectorAt(spelt, i));
}

TEST(CombinationsTest, ASampledFeatureDoesNotLengthenTheEpoch) {
  const Combinations sampled = Make("features { feature: 'identity' classes { } sample: true } repeats: 50").value();
  ASSERT_EQ(sampled.size(), 150);
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 150; ++i) seen.insert(VectorAt(sampled, i));
  EXPECT_EQ(seen.size(), 12u);  // all are drawn in the end
}

TEST(CombinationsTest, MixesDrawTheirOwnRatiosUnlessTheyShareOne) {
  const std::string mixes =
      "features { feature: 'identity' pairs { range { min: 0.1 max: 0.4 } } }"
      "features { feature: 'expression' pairs { range { min: 0.1 max: 0.4 } } }";
  const Combinations apart = Make(mixes).value();
  const Combinations shared = Make(mixes + "share_ratio: true").value();
  int differ = 0;
  for (int i = 0; i < 18; ++i) {
    // The lighter parent of each feature.
    const auto lighter = [](const std::vector<float>& dense, int begin, int end) {
      float least = 1;
      for (int k = begin; k < end; ++k) least = dense[k] > 0 ? std::min(least, dense[k]) : least;
      return least;
    };
    const auto one = VectorAt(shared, i), two = VectorAt(apart, i);
    EXPECT_EQ(lighter(one, 0, 4), lighter(one, 4, 7));
    differ += lighter(two, 0, 4) != lighter(two, 4, 7);
  }
  EXPECT_EQ(differ, 18);
}

TEST(CombinationsTest, RefusalsNameTheField) {
  const std::vector<std::tuple<std::string, std::string>> refused = {
      {"features { feature: 'identity' classes { } } features { feature: 'identity' classes { } }",
       "features[1].feature"},
      {"features { feature: 'identity' classes { } } all_pairs { feature: 'identity' }", "all_pairs.feature"},
      {"all_pairs { feature: 'age' }", "all_pairs.feature"},
      {"features { feature: 'identity' pairs { beta: 0 } }", "features[0].pairs.beta"},
      {"repeats: -1", "repeats"},
      {"share_ratio: true", "share_ratio"},
      {"share_ratio: true features { feature: 'identity' pairs { beta: 1 } }"
       "features { feature: 'expression' pairs { beta: 2 } }",
       "share_ratio"},
  };
  for (const auto& [text, field] : refused) {
    const auto made = Make(text);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(GetErrorDetail(made.status()).field, field) << text;
  }
}

TEST(CombinationsTest, AnEpochThatIsTooLongIsRefused) {
  std::vector<Feature> features;
  for (int f = 0; f < 8; ++f) features.push_back({absl::StrCat("f", f), Names("c", 100)});
  const auto made = Make("", FeatureSchema::Create(features).value());
  EXPECT_EQ(GetErrorDetail(made.status()).reason, "TOO_MANY_IMAGES");
}

}  // namespace
}  // namespace facet::model
