// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/question.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Matcher;

std::vector<Question> Ask(std::vector<Feature> features) {
  return QuestionsOf(*FeatureSchema::Create(std::move(features)));
}

Matcher<Question> Asks(int feature, const std::string& part, const std::vector<int>& groups) {
  return AllOf(Field(&Question::feature, feature), Field(&Question::part, part), Field(&Question::groups, groups));
}

TEST(QuestionTest, OfEveryFeatureItsClassIsAsked) {
  EXPECT_THAT(Ask({{"digit", {"0", "1", "2"}}, {"colour", {"red"}}}),
              ElementsAre(Asks(0, "", {0, 1, 2}), Asks(1, "", {0})));
}

TEST(QuestionTest, OfSquareTransformsTurnAndMirroringAreAskedApart) {
  EXPECT_THAT(
      Ask({{"identity", {"F01", "F02"}}, {"transform", {"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"}}}),
      ElementsAre(Asks(0, "", {0, 1}), Asks(1, "", {0, 1, 2, 3, 4, 5, 6, 7}), Asks(1, "turn", {0, 1, 2, 3, 0, 1, 2, 3}),
                  Asks(1, "mirroring", {0, 0, 0, 0, 1, 1, 1, 1})));
  EXPECT_THAT(Ask({{"pose", {"m90", "r0", "r90"}}}),
              ElementsAre(Asks(0, "", {0, 1, 2}), Asks(0, "turn", {0, 1, 0}), Asks(0, "mirroring", {0, 1, 1})))
      << "whatever the feature is called, and in any order";
}

TEST(QuestionTest, APartThatSaysNothingOrAllIsNotAsked) {
  for (const std::vector<std::string>& classes : std::vector<std::vector<std::string>>{
           {"r0", "r90", "r180", "r270"}, {"r0", "m0"}, {"r0", "m90"}, {"m180"}, {"m0", "m90"}}) {
    EXPECT_EQ(Ask({{"transform", classes}}).size(), 1u) << testing::PrintToString(classes);
  }
}

TEST(QuestionTest, OnePartMayBeAskedWithoutTheOther) {
  EXPECT_THAT(Ask({{"transform", {"r0", "r90", "m180"}}}),
              ElementsAre(Asks(0, "", {0, 1, 2}), Asks(0, "mirroring", {0, 0, 1})))
      << "each class has a turn of its own";
}

TEST(QuestionTest, WhereOneClassIsNoTransformNoneIs) {
  EXPECT_EQ(Ask({{"transform", {"r0", "r90", "m0", "none"}}}).size(), 1u);
  EXPECT_EQ(Ask({{"rotation", {"0", "90", "180", "270"}}}).size(), 1u);
}

TEST(QuestionTest, TheAnswerIsTheGroupOfTheLargestSum) {
  const Question turn{0, "turn", {0, 1, 0, 1}};
  EXPECT_EQ(Answer(turn, {0.3f, 0.4f, 0.3f, 0.0f}), 0) << "no class of it is the likeliest";
  EXPECT_EQ(Answer(turn, {0.0f, 0.25f, 0.25f, 0.5f}), 1);
  EXPECT_EQ(Answer(turn, {0.25f, 0.25f, 0.25f, 0.25f}), 0) << "the first of equal ones";
  EXPECT_EQ(Answer({0, "", {0, 1, 2, 3}}, {0.3f, 0.4f, 0.3f, 0.0f}), 1);
}

}  // namespace
}  // namespace facet::model
