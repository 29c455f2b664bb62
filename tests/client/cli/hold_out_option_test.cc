// SPDX-License-Identifier: Apache-2.0
#include "client/cli/hold_out_option.h"

#include "gmock/gmock.h"
#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HoldOutOptionTest, TakesAllParts) {
  const auto rule = ParseHoldOut("high-level:per=identity;missing=expression,transform;count=8;each=2;seed=7");
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(rule->name(), "high-level");
  EXPECT_THAT(rule->per(), ElementsAre("identity"));
  EXPECT_THAT(rule->missing(), ElementsAre("expression", "transform"));
  EXPECT_EQ(rule->count(), 8);
  EXPECT_EQ(rule->each(), 2);
  EXPECT_EQ(rule->seed(), 7u);
}

TEST(HoldOutOptionTest, LeavesOutWhatIsNotThere) {
  const auto rule = ParseHoldOut("colour:per=digit,example;missing=colour;count=100");
  ASSERT_THAT(rule, IsOk());
  EXPECT_THAT(rule->per(), ElementsAre("digit", "example"));
  EXPECT_EQ(rule->each(), 0);
  EXPECT_EQ(rule->seed(), 0u);
}

TEST(HoldOutOptionTest, DescribesARule) {
  const auto rule = ParseHoldOut("colour:per=digit,example;missing=colour;count=100;seed=3");
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(DescribeHoldOut(*rule), "100 of digit and example lose 1 of colour each, seed 3");
}

TEST(HoldOutOptionTest, SaysWhatIsWrongAndHowToWriteIt) {
  for (const auto& [text, says] : {std::pair{"per=identity", "there is no 'NAME:'"},
                                   {"a:identity", "'identity' is no key=value"},
                                   {"a:count=many", "'count=many' is not understood"},
                                   {"a:each=1.5", "'each=1.5' is not understood"},
                                   {"a:pre=identity", "'pre=identity' is not understood"}}) {
    const absl::Status status = ParseHoldOut(text).status();
    EXPECT_THAT(status, IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says)));
    EXPECT_THAT(std::string(status.message()), HasSubstr("missing=colour;count=100"));
  }
}

}  // namespace
}  // namespace facet::cli
