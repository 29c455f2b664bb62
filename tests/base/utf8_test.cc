// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace facet {
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

TEST(IsSteeringCharacterTest, ControlsAndMarksOfDirectionSteer) {
  for (const char* character : {"\x01", "\t", "\n", "\x1b", "\x1f", "\x7f", "\xC2\x80", "\xC2\x9B", "\xC2\x9F",
                                "\u200E", "\u200F", "\u202A", "\u202E", "\u2066", "\u2069"}) {
    EXPECT_TRUE(IsSteeringCharacter(character)) << testing::PrintToString(std::string(character));
  }
  EXPECT_TRUE(IsSteeringCharacter(absl::string_view("\0", 1)));
}

TEST(IsSteeringCharacterTest, TheirNeighboursAndLettersDoNot) {
  for (const char* character : {" ", "a", "~", "\u00A0", "\u00E4", "\u200D", "\u2010", "\u2029", "\u202F", "\u2065",
                                "\u206A", "\u05D0", "\U0001D11E"}) {
    EXPECT_FALSE(IsSteeringCharacter(character)) << character;
  }
}

}  // namespace
}  // namespace facet
