// SPDX-License-Identifier: Apache-2.0
#include "base/names.h"

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ValidateIdTest, TakesWhatMatches) {
  for (const std::string& id : {std::string("a"), std::string("digits-2"), std::string("a--"), std::string(63, 'z')}) {
    EXPECT_TRUE(ValidateId(id, "model id").ok()) << id;
  }
}

TEST(ValidateIdTest, RefusesWhatDoesNot) {
  for (const std::string& id :
       {std::string(), std::string("A"), std::string("2a"), std::string("-a"), std::string("a_b"), std::string("a b"),
        std::string("a/b"), std::string(".."), std::string("a\n"), std::string("a\0b", 3), std::string("größe"),
        std::string(64, 'z'), std::string(1 << 20, 'z')}) {
    const absl::Status status = ValidateId(id, "model id");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << id.substr(0, 80);
    EXPECT_EQ(GetErrorDetail(status).reason, "INVALID_ID");
    EXPECT_EQ(GetErrorDetail(status).field, "");
    EXPECT_THAT(std::string(status.message()), HasSubstr("model id"));
    EXPECT_LT(status.message().size(), 300u);
  }
}

TEST(ValidateIdTest, ShowsControlCharactersAsQuestionMarks) {
  EXPECT_THAT(std::string(ValidateId("a\x1b[31m\n", "id").message()), HasSubstr("'a?[31m?'"));
}

TEST(ValidateFeatureNameTest, TakesUnderscoresInsteadOfHyphens) {
  EXPECT_TRUE(ValidateFeatureName("hair_colour2").ok());
  EXPECT_FALSE(ValidateFeatureName("hair-colour").ok());
  EXPECT_FALSE(ValidateFeatureName("_hair").ok());
  EXPECT_FALSE(ValidateFeatureName("").ok());
}

TEST(NearestNameTest, FindsTheSmallestEditDistance) {
  const std::vector<std::string> names = {"digit", "colour", "rotation", "example"};
  EXPECT_EQ(NearestName("color", names), "colour");
  EXPECT_EQ(NearestName("DIGITS", names), "digit");
  EXPECT_EQ(NearestName("rotatoin", names), "rotation");
  EXPECT_EQ(NearestName("exampl", names), "example");
}

TEST(NearestNameTest, TakesTheFirstOfEquals) {
  EXPECT_EQ(NearestName("ab", std::vector<std::string>{"xb", "ax"}), "xb");
}

TEST(NearestNameTest, SwappedNeighboursAreOneError) {
  EXPECT_EQ(NearestName("rde", std::vector<std::string>{"rot", "red"}), "red");
  EXPECT_EQ(NearestName("rotatoin", std::vector<std::string>{"rotation"}), "rotation");
}

TEST(NearestNameTest, AThirdMayBeWrong) {
  EXPECT_EQ(NearestName("cxlxxr", std::vector<std::string>{"colour"}), "");  // 3 of 6
  EXPECT_EQ(NearestName("cxlour", std::vector<std::string>{"colour"}), "colour");
  EXPECT_EQ(NearestName("cxlxur", std::vector<std::string>{"colour"}), "colour");
  EXPECT_EQ(NearestName("blue", std::vector<std::string>{"red", "green"}), "");
  EXPECT_EQ(NearestName("F1", std::vector<std::string>{"F01", "M07"}), "F01");
}

TEST(NearestNameTest, OneLetterMayBeWrongIfAnotherIsRight) {
  EXPECT_EQ(NearestName("b", std::vector<std::string>{"a", "c"}), "");
  EXPECT_EQ(NearestName("A", std::vector<std::string>{"a", "c"}), "a");
  EXPECT_EQ(NearestName("12", std::vector<std::string>{"0", "1"}), "1");
  EXPECT_EQ(NearestName("", std::vector<std::string>{"a"}), "");
}

TEST(NearestNameTest, ABeginningIsNear) {
  EXPECT_EQ(NearestName("warning", std::vector<std::string>{"info", "warn"}), "warn");
  EXPECT_EQ(NearestName("EXPR", std::vector<std::string>{"identity", "expression"}), "expression");
  EXPECT_EQ(NearestName("ex", std::vector<std::string>{"identity", "expression"}), "");
}

TEST(NearestNameTest, IsEmptyWithoutCandidates) { EXPECT_EQ(NearestName("x", {}), ""); }

TEST(NearestNameTest, BearsLongGarbage) {
  EXPECT_EQ(NearestName(std::string(1 << 24, 'x'), std::vector<std::string>{"a"}), "");
}

TEST(SuggestNamesTest, NamesTheNearestAndListsAll) {
  EXPECT_EQ(SuggestNames("gren", std::vector<std::string>{"red", "green", "blue"}),
            "Did you mean 'green'? There are: red, green, blue.");
}

TEST(SuggestNamesTest, ListsAllWhereNoneIsNear) {
  EXPECT_EQ(SuggestNames("purple", std::vector<std::string>{"red", "green", "blue"}), "There are: red, green, blue.");
}

TEST(SuggestNamesTest, CutsLongLists) {
  const std::string text = SuggestNames("a", std::vector<std::string>{"a", "b", "c", "d"}, 2);
  EXPECT_THAT(text, HasSubstr("There are: a, b and 2 more."));
  EXPECT_THAT(text, Not(HasSubstr("c,")));
}

TEST(SuggestNamesTest, SaysWhenThereAreNone) { EXPECT_EQ(SuggestNames("a", {}), "There are none."); }

TEST(RandomHexIdTest, IsLongHexadecimalAndNew) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = RandomHexId();
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace facet
