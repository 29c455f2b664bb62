// SPDX-License-Identifier: Apache-2.0
#include "client/cli/shown_text.h"

#include <string>

#include "gtest/gtest.h"

namespace facet::cli {
namespace {

TEST(ShownTextTest, WhatSteersATerminalIsAQuestionMark) {
  EXPECT_EQ(ShownText("häßlich → 𝄞 שלום\n\ta"), "häßlich → 𝄞 שלום\n\ta");
  EXPECT_EQ(ShownText("\x1b[31mred\x07\x7f\xC2\x9B"), "?[31mred???");
  EXPECT_EQ(ShownText("gnp.\u202Eexe\u202C \u2066a\u2069 \u200Eb\u200F"), "gnp.?exe? ?a? ?b?");
  EXPECT_EQ(ShownText("a\xff\xc3z"), "a??z");
  EXPECT_EQ(ShownText(absl::string_view("a\0b", 3)), "a?b");
}

TEST(Utf8TextTest, OnlyWhatIsNoUtf8IsReplaced) { EXPECT_EQ(Utf8Text("\x1b ä \u202E \xff."), "\x1b ä \u202E ?."); }

TEST(ShownJsonTest, WhatSteersATerminalIsEscaped) {
  EXPECT_EQ(ShownJson("{\n \"a\": \"ä\u202E\u2066\u200F\x7f\xC2\x9B\"\n}"),
            "{\n \"a\": \"ä\\u202e\\u2066\\u200f\\u007f\\u009b\"\n}");
}

}  // namespace
}  // namespace facet::cli
