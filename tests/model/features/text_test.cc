// SPDX-License-Identifier: Apache-2.0
#include "model/features/text.h"

#include <string>

#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(IsValidUtf8Test, TakesTheEdgesOfEveryLength) {
  for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "größe", "顔"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(absl::string_view("\0", 1)));
}

TEST(IsValidUtf8Test, RefusesWhatIsIllFormed) {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xE0\xA0",
                           "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xFE", "\xFF", "fine\xE2\x82", "\xE2\x28\xA1"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
}

TEST(ShownTextTest, KeepsTextAndHidesTheRest) {
  EXPECT_EQ(ShownText("größe"), "größe");
  EXPECT_EQ(ShownText("a\x1b[31m\nb\x7F"), "a?[31m?b?");
  EXPECT_EQ(ShownText("a\xFF\xC3"), "a??");
  EXPECT_EQ(ShownText(absl::string_view("a\0b", 3)), "a?b");
}

TEST(ShownTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(ShownText(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(ShownText(std::string(81, 'x')), std::string(80, 'x') + "...");
  EXPECT_EQ(ShownText(std::string(79, 'x') + "ö"), std::string(79, 'x') + "...");
  EXPECT_LT(ShownText(std::string(1 << 20, '\xFF')).size(), 100u);
}

TEST(ShownTextTest, IsAlwaysUtf8) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {'a', static_cast<char>(first), static_cast<char>(second), 'b'};
      EXPECT_TRUE(IsValidUtf8(ShownText(bytes)));
    }
  }
}

}  // namespace
}  // namespace facet::model
