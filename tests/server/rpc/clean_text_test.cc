// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/clean_text.h"

#include <gtest/gtest.h>

namespace facet::server {
namespace {

TEST(CleanTextTest, KeepsGoodText) {
  EXPECT_EQ(CleanText("", 10), "");
  EXPECT_EQ(CleanText("häßlich → 𝄞\n", 100), "häßlich → 𝄞\n");
}

TEST(CleanTextTest, ReplacesEachBadByte) {
  EXPECT_EQ(CleanText("a\xff\xc3z", 100), "a??z");
  EXPECT_EQ(CleanText("\xed\xa0\x80", 100), "???");  // half of a surrogate pair
  EXPECT_EQ(CleanText("\xe2\x86", 100), "??");       // cut in the middle
}

TEST(CleanTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(CleanText("0123456789", 10), "0123456789");
  EXPECT_EQ(CleanText("0123456789x", 10), "0123456...");
  EXPECT_EQ(CleanText("äääääää", 10), "äää...");
  EXPECT_EQ(CleanText("𝄞𝄞𝄞", 10), "𝄞...");
}

}  // namespace
}  // namespace facet::server
