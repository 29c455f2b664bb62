// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/markdown_table.h"

#include "gtest/gtest.h"

namespace facet::cli {
namespace {

TEST(MarkdownTableTest, HasALineARow) {
  MarkdownTable table({"a", "b"});
  table.Add({"1", "2"});
  table.Add({"x|y", "two\nlines"});
  EXPECT_EQ(table.ToString(), "| a | b |\n|---|---|\n| 1 | 2 |\n| x\\|y | two lines |\n");
}

TEST(MarkdownTableTest, FormatsNumbersForPeople) {
  EXPECT_EQ(FormatNumber(18.234), "18.2");
  EXPECT_EQ(FormatNumber(0.07123), "0.0712");
  EXPECT_EQ(FormatNumber(-0.00123), "-0.00123");
  EXPECT_EQ(FormatRatio(0.9, 0.95), "0.95");
  EXPECT_EQ(FormatRatio(0.9, 0), "–");
}

}  // namespace
}  // namespace facet::cli
