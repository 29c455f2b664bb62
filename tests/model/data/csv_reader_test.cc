// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_reader.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

absl::StatusOr<Rows> ReadAll(absl::string_view text) {
  CsvReader reader(text);
  Rows rows;
  std::vector<std::string> fields;
  while (true) {
    const auto more = reader.Next(fields);
    if (!more.ok()) return more.status();
    if (!*more) return rows;
    rows.push_back(fields);
  }
}

TEST(CsvReaderTest, PartsFieldsByCommasAndRowsByLines) {
  EXPECT_EQ(ReadAll("a,b\nc,d\n").value(), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(ReadAll("a,b\r\nc,d").value(), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(ReadAll("a").value(), (Rows{{"a"}}));
  EXPECT_THAT(ReadAll("").value(), IsEmpty());
}

TEST(CsvReaderTest, KeepsEmptyFieldsAndSpaces) {
  EXPECT_EQ(ReadAll(",\n a , b").value(), (Rows{{"", ""}, {" a ", " b"}}));
  EXPECT_EQ(ReadAll("a,").value(), (Rows{{"a", ""}}));
  EXPECT_EQ(ReadAll("\"\"").value(), (Rows{{""}}));
}

TEST(CsvReaderTest, QuotedFieldsHoldAnything) {
  EXPECT_EQ(ReadAll("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\nnext,\"\"\"\"").value(),
            (Rows{{"a,b", "say \"hi\"", "two\r\nlines"}, {"next", "\""}}));
}

TEST(CsvReaderTest, SkipsMarkAndEmptyLines) {
  EXPECT_EQ(ReadAll("\xEF\xBB\xBF\n\r\na,b\n\n\nc\n\n").value(), (Rows{{"a", "b"}, {"c"}}));
}

TEST(CsvReaderTest, CountsLinesWithinQuotesToo) {
  CsvReader reader("a\n\n\"b\nb\"\nc\n");
  std::vector<std::string> fields;
  std::vector<int64_t> lines;
  while (reader.Next(fields).value()) lines.push_back(reader.line());
  EXPECT_THAT(lines, ElementsAre(1, 3, 5));
}

TEST(CsvReaderTest, RefusesWhatTheStandardDoes) {
  const auto refused = [](absl::string_view text, const char* says) {
    EXPECT_THAT(ReadAll(text), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says))) << text;
  };
  refused("\"a", "never closed");
  refused("a,\"", "never closed");
  refused("a,\"b\"\"", "never closed");
  refused("\"a\"b,c", "after the closing quote of the field 'a'");
  refused("\"a\" ,c", "after the closing quote");
  refused("a\"b", "a quote within the field 'a\"b'");
  refused("a\rb", "carriage return");
  refused("a\r", "carriage return");
  refused(
      "\xFF\xFE"
      "a,b",
      "not UTF-8");
  refused("a,\xC3", "not UTF-8");
  refused("\"a\xED\xA0\x80\"", "not UTF-8");
  refused(absl::string_view("a\0b", 3), "NUL");
}

TEST(CsvReaderTest, LineOfAnErrorIsThatOfItsRow) {
  CsvReader reader("a\n\"b\n\n\n");
  std::vector<std::string> fields;
  ASSERT_TRUE(reader.Next(fields).value());
  EXPECT_FALSE(reader.Next(fields).ok());
  EXPECT_EQ(reader.line(), 2);
}

TEST(CsvReaderTest, AnyTextEndsInRowsOrAnError) {
  const std::string text = "path,digit,\"colour\"\r\nimg/1.png,\"3\",red\n\"img/2,\"\"x\"\".png\",4,\"gr\nün\"\n";
  for (uint64_t round = 0; round < 20'000; ++round) {
    const auto rows = ReadAll(Mutate(text, round));
    EXPECT_TRUE(rows.ok() || absl::IsInvalidArgument(rows.status()));
  }
}

TEST(CsvReaderTest, ARowOfMoreThanAThousandFieldsIsRefused) {
  std::vector<std::string> fields;
  const std::string commas(999, ',');
  CsvReader most(commas);
  EXPECT_THAT(most.Next(fields), IsOk());
  EXPECT_EQ(fields.size(), 1000u);
  const std::string more = commas + ",";
  CsvReader over(more);
  EXPECT_THAT(over.Next(fields), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("over 1000 fields")));
}

}  // namespace
}  // namespace facet::model
