// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facet::model {
namespace {

using testing::ElementsAre;

TEST(JudgeTestTest, TheBaselineHasNoDifference) {
  const Comparison::Test test = JudgeTest("t", {{true, true, false, false}, {true, true, true, false}}, nullptr);
  EXPECT_EQ(test.name, "t");
  EXPECT_EQ(test.images, 4);
  EXPECT_THAT(test.accuracy, ElementsAre(0.5, 0.75));
  EXPECT_EQ(test.mean_accuracy, 0.625);
  EXPECT_FALSE(test.difference.has_value());
}

TEST(JudgeTestTest, ComparesSeedBySeed) {
  // Against the baseline: 6 gained and none lost; 1 gained, 1 lost; nothing.
  const Hits none(8, false);
  Hits six = none;
  std::fill_n(six.begin(), 6, true);
  Hits first = none;
  first[0] = true;
  Hits second = none;
  second[1] = true;
  const std::vector<Hits> baseline = {none, first, first};
  const Comparison::Test test = JudgeTest("t", {six, second, first}, &baseline);
  ASSERT_TRUE(test.difference.has_value());
  EXPECT_NEAR(test.difference->mean, (6 + 0 + 0) / 24.0, 1e-12);
  // p of each: 2 / 64, 1, 1.
  EXPECT_EQ(test.difference->mcnemar_p, 1);
  EXPECT_THAT(test.difference->gained, ElementsAre(6, 1, 0));
  EXPECT_THAT(test.difference->lost, ElementsAre(0, 1, 0));
  EXPECT_LT(test.difference->low, test.difference->mean);
  EXPECT_GT(test.difference->high, test.difference->mean);
}

TEST(JudgeTestTest, ACertainDifferenceHasANarrowInterval) {
  const std::vector<Hits> baseline = {Hits(50, false)};
  const Comparison::Test test = JudgeTest("t", {Hits(50, true)}, &baseline);
  EXPECT_EQ(test.difference->low, 1);
  EXPECT_EQ(test.difference->high, 1);
  EXPECT_NEAR(test.difference->mcnemar_p, 2 * std::pow(0.5, 50), 1e-18);
}

}  // namespace
}  // namespace facet::model
