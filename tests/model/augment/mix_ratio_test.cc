// SPDX-License-Identifier: Apache-2.0
#include "model/augment/mix_ratio.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

MixRatio::Weights Draw(const MixRatio& ratio, uint64_t index) {
  CounterRandom random(3, "ratio", index);
  return ratio.Draw(random);
}

MixRatio Pair(const std::string& text) { return MixRatio::OfPair(FromText<v1::PairMix>(text)).value(); }
MixRatio Triple(const std::string& text) { return MixRatio::OfTriple(FromText<v1::TripleMix>(text)).value(); }

TEST(MixRatioTest, IsEqualPartsUnlessSaid) {
  EXPECT_THAT(Draw(Pair(""), 0), ElementsAre(0.5f, 0.5f, 0));
  EXPECT_THAT(Draw(Triple(""), 0), ElementsAre(1 / 3.0f, 1 / 3.0f, 1 / 3.0f));
}

TEST(MixRatioTest, FixedWeightsAreTaken) {
  EXPECT_THAT(Draw(Pair("fixed: 0.3"), 0), ElementsAre(0.3f, 0.7f, 0));
  EXPECT_THAT(Draw(Triple("fixed { first: 2 second: 1 third: 1 }"), 0), ElementsAre(0.5f, 0.25f, 0.25f));
}

TEST(MixRatioTest, DrawnWeightsSumToOneAndKeepTheirRange) {
  const std::vector<MixRatio> ratios = {
      Pair("range { min: 0.3 max: 0.7 }"), Pair("beta: 0.2"),          Pair("beta: 5"),
      Triple("range { min: 0.2 max: 1 }"), Triple("dirichlet: 0.001"), Triple("dirichlet: 7")};
  for (const MixRatio& ratio : ratios) {
    for (int i = 0; i < 300; ++i) {
      const MixRatio::Weights weights = Draw(ratio, i);
      EXPECT_NEAR(weights[0] + weights[1] + weights[2], 1, 1e-6);
      for (const float weight : weights) EXPECT_GE(weight, 0);
    }
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_GE(Draw(ratios[0], i)[0], 0.3f);
    EXPECT_LE(Draw(ratios[0], i)[0], 0.7f);
    EXPECT_GE(Draw(ratios[3], i)[0], 0.2 / 2.2 - 1e-6);  // the least that 0.2 : 1 : 1 gives
  }
}

// Mean and variance of the first weight.
std::pair<double, double> Moments(const MixRatio& ratio) {
  constexpr int kDraws = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double weight = Draw(ratio, i)[0];
    sum += weight;
    squares += weight * weight;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

TEST(MixRatioTest, BetaAndDirichletHaveTheirMoments) {
  // Beta(a, a): 1/2 and 1 / (4 (2a + 1)). Dirichlet(a, a, a): 1/3 and 2 / (9 (3a + 1)).
  for (const double a : {0.4, 3.0}) {
    const auto [pair_mean, pair_variance] = Moments(Pair(absl::StrCat("beta: ", a)));
    EXPECT_NEAR(pair_mean, 0.5, 0.01);
    EXPECT_NEAR(pair_variance, 1 / (4 * (2 * a + 1)), 0.005);
    const auto [triple_mean, triple_variance] = Moments(Triple(absl::StrCat("dirichlet: ", a)));
    EXPECT_NEAR(triple_mean, 1 / 3.0, 0.01);
    EXPECT_NEAR(triple_variance, 2 / (9 * (3 * a + 1)), 0.005);
  }
}

TEST(MixRatioTest, RefusesWhatIsNoRatio) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"fixed: 1.5", "fixed"},
      {"fixed: nan", "fixed"},
      {"range { min: -0.1 max: 1 }", "range.min"},
      {"range { min: 0 max: 2 }", "range.max"},
      {"range { min: 0.7 max: 0.3 }", "range"},
      {"beta: 0", "beta"},
      {"beta: inf", "beta"},
  };
  for (const auto& [text, field] : pairs) {
    const auto ratio = MixRatio::OfPair(FromText<v1::PairMix>(text));
    EXPECT_EQ(GetErrorDetail(ratio.status()).field, field) << text;
  }
  const std::vector<std::pair<std::string, std::string>> triples = {
      {"fixed { first: -1 second: 1 third: 1 }", "fixed"},
      {"fixed { }", "fixed"},
      {"range { }", "range.max"},
      {"dirichlet: -2", "dirichlet"},
  };
  for (const auto& [text, field] : triples) {
    const auto ratio = MixRatio::OfTriple(FromText<v1::TripleMix>(text));
    EXPECT_EQ(GetErrorDetail(ratio.status()).field, field) << text;
  }
}

}  // namespace
}  // namespace facet::model
