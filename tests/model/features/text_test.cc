// SPDX-License-Identifier: Apache-2.0
#include "model/features/text.h"

#include <string>

#include "base/utf8.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(ShownTextTest, KeepsTextAndHidesTheRest) {
  EXPECT_EQ(ShownText("größe"), "größe");
  EXPECT_EQ(ShownText("a\x1b[31m\nb\x7F"), "a?[31m?b?");
  EXPECT_EQ(ShownText("a\xFF\xC3"), "a??");
  EXPECT_EQ(ShownText(absl::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(ShownText("gnp.\u202Eexe\u202C"), "gnp.?exe?");
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
