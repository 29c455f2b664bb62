// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_manifest.h"

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CsvManifestTest, ReadsFeaturesPathsAndLabels) {
  const auto manifest = ParseCsvManifest("path,identity,expression\na/1.jpg,F02,happy\na/2.jpg,F01,neutral\n");
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->schema,
            FeatureSchema::Create({{"identity", {"F01", "F02"}}, {"expression", {"happy", "neutral"}}}).value());
  ASSERT_EQ(manifest->rows.size(), 2u);
  EXPECT_EQ(manifest->rows[1].path, "a/2.jpg");
  EXPECT_EQ(manifest->rows[1].line, 3);
  EXPECT_THAT(manifest->labels_of(0), ElementsAre(1, 0));
  EXPECT_THAT(manifest->labels_of(1), ElementsAre(0, 1));
}

TEST(CsvManifestTest, PathMayStandAnywhere) {
  const auto manifest = ParseCsvManifest("digit,path,colour\n3,x.png,red\n");
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->rows[0].path, "x.png");
  EXPECT_EQ(manifest->schema.features()[1].name, "colour");
}

std::vector<std::string> ClassesOf(const std::vector<std::string>& values) {
  std::string text = "path,f\n";
  for (const std::string& value : values) absl::StrAppend(&text, "x.png,", value, "\n");
  return ParseCsvManifest(text).value().schema.features()[0].classes;
}

TEST(CsvManifestTest, ClassesAreSortedByNumberWhereAllAreIntegers) {
  EXPECT_THAT(ClassesOf({"10", "9", "-3", "9", "0"}), ElementsAre("-3", "0", "9", "10"));
  EXPECT_THAT(ClassesOf({"1", "01", "0"}), ElementsAre("0", "01", "1"));
}

TEST(CsvManifestTest, ClassesAreSortedByBytesOtherwise) {
  EXPECT_THAT(ClassesOf({"10", "9", "x"}), ElementsAre("10", "9", "x"));
  EXPECT_THAT(ClassesOf({"1.5", "1.25"}), ElementsAre("1.25", "1.5"));
  EXPECT_THAT(ClassesOf({"b", "B", "ä", "a"}), ElementsAre("B", "a", "b", "ä"));
}

TEST(CsvManifestTest, BlanksWithinValuesAndPathsAreTheirs) {
  EXPECT_THAT(ClassesOf({"dark red", "a  b"}), ElementsAre("a  b", "dark red"));
  EXPECT_EQ(ParseCsvManifest("path,digit\n my picture.png,1\n")->rows[0].path, " my picture.png");
}

struct BadCsv {
  const char* name;
  const char* text;
  const char* says;
};

class BadCsvTest : public testing::TestWithParam<BadCsv> {};

TEST_P(BadCsvTest, IsRefusedNamingTheLine) {
  const auto manifest = ParseCsvManifest(GetParam().text);
  EXPECT_THAT(manifest, HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE"));
  EXPECT_THAT(manifest, IsError(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCsvTest,
    testing::Values(
        BadCsv{"NoPathColumn", "file,digit\nx.png,1\n",
               "manifest.csv line 1: the header has no column 'path'; its columns are 'file', 'digit'"},
        BadCsv{"Semicolons", "path;digit\nx.png;1\n", "its columns are 'path;digit'"},
        BadCsv{"NoFeature", "path\nx.png\n", "line 1: the header names no feature"},
        BadCsv{"DoubledColumn", "path,digit,digit\nx.png,1,1\n", "line 1: the header has the column 'digit' twice"},
        BadCsv{"DoubledPath", "path,digit,path\nx.png,1,x.png\n", "line 1: the header has the column 'path' twice"},
        BadCsv{"BadColumnName", "path,Hair Colour\nx.png,1\n", "line 1: feature name 'Hair Colour'"},
        BadCsv{"EmptyColumnName", "path,digit,\nx.png,1,\n", "line 1: feature name ''"},
        BadCsv{"FieldMissing", "path,digit,colour\nx.png,1,red\ny.png,2\n", "line 3: 2 fields, where the header has 3"},
        BadCsv{"FieldTooMany", "path,digit\nx.png,1,red\n", "line 2: 3 fields, where the header has 2"},
        BadCsv{"EmptyValue", "path,digit\nx.png,\n", "line 2: no value for 'digit'"},
        BadCsv{"BlankBeforeValue", "path,digit\na.png,x\nb.png, x\n",
               "line 3: ' x', the value for 'digit', begins or ends with a blank"},
        BadCsv{"BlankBehindValue", "path,digit,colour\na.png,x ,red\n", "line 2: 'x ', the value for 'digit', begins"},
        BadCsv{"BlankInQuotes", "path,digit\na.png,\"x \"\n", "line 2: 'x ', the value for 'digit', begins"},
        BadCsv{"TabBeforeValue", "path,digit\na.png,\tx\n", "line 2: '?x', the value for 'digit', begins"},
        BadCsv{"OnlyABlank", "path,digit\na.png, \n", "line 2: ' ', the value for 'digit', begins"},
        BadCsv{"BlankBeforeColumnName", "path, digit\na.png,x\n",
               "line 1: ' digit', a column of the header, begins or ends with a blank"},
        BadCsv{"BlankBesidePath", "digit, path\nx,a.png\n", "line 1: ' path', a column of the header, begins"},
        BadCsv{"EmptyPath", "path,digit\n,1\n", "line 2: the path is empty"},
        BadCsv{"AbsolutePath", "path,digit\n/etc/passwd,1\n", "line 2: the path '/etc/passwd' must be relative"},
        BadCsv{"PathUp", "path,digit\n../x.png,1\n", "without '..'"},
        BadCsv{"PathUpWithin", "path,digit\na/../../x.png,1\n", "without '..'"},
        BadCsv{"ClassWithControlCharacter", "path,digit\nx.png,\"a\nb\"\n", "class name 'a?b'"},
        BadCsv{"NotUtf8", "path,digit\nx.png,1\ny.png,\xFF\n", "line 3: '?' is not UTF-8"},
        BadCsv{"OpenQuote", "path,digit\nx.png,1\n\"y.png,2\n", "line 3: a quote that is never closed"}),
    [](const auto& test) { return test.param.name; });

TEST(CsvManifestTest, LongPathsAndClassesAreRefused) {
  EXPECT_THAT(ParseCsvManifest(absl::StrCat("path,digit\n", std::string(1025, 'x'), ",1\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("over 1024 bytes")));
  EXPECT_THAT(ParseCsvManifest(absl::StrCat("path,digit\nx.png,", std::string(129, 'x'), "\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("at most 128")));
}

TEST(CsvManifestTest, TooManyClassesAreRefused) {
  std::string text = "path,digit\n";
  for (int i = 0; i <= 65536; ++i) absl::StrAppend(&text, "x,", i, "\n");
  EXPECT_THAT(ParseCsvManifest(text), IsError(absl::StatusCode::kInvalidArgument,
                                              HasSubstr("line 65538: over 65536 different values for 'digit'")));
}

TEST(CsvManifestTest, AMillionRowsAndNoMore) {
  std::string text = "path,digit\n";
  for (int i = 0; i < 1'000'000; ++i) text += "x,1\n";
  EXPECT_EQ(ParseCsvManifest(text)->rows.size(), 1'000'000u);
  text += "x,1\n";
  EXPECT_THAT(ParseCsvManifest(text),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("line 1000002: the manifest has over 1000000")));
}

TEST(CsvManifestTest, StopsWhenCancelled) {
  const std::atomic<bool> cancelled{true};
  EXPECT_THAT(ParseCsvManifest("path,digit\nx,1\n", &cancelled), IsError(absl::StatusCode::kCancelled, testing::_));
}

TEST(CsvManifestTest, TooManyFeaturesAreRefused) {
  std::string header = "path";
  std::string row = "x";
  for (int i = 0; i < 65; ++i) {
    absl::StrAppend(&header, ",f", i);
    row += ",1";
  }
  EXPECT_THAT(ParseCsvManifest(header + "\n" + row),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("at most 64 features")));
}

// Before anything is done that takes long for so many.
TEST(CsvManifestTest, AHeaderOfAMillionColumnsIsRefusedAtOnce) {
  std::string header = "path";
  for (int i = 0; i < 1'000'000; ++i) absl::StrAppend(&header, ",f", i);
  EXPECT_THAT(ParseCsvManifest(header),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("line 1: over 1000 fields")));
}

TEST(CsvManifestTest, NoRowsIsAnEmptyDataSet) {
  for (const char* text : {"", "\n\n", "path,digit\n", "\xEF\xBB\xBFpath,digit"}) {
    EXPECT_THAT(ParseCsvManifest(text), HasReason(absl::StatusCode::kInvalidArgument, "EMPTY_DATASET")) << text;
  }
}

TEST(CsvManifestTest, AnyDamageGivesASoundManifestOrAnError) {
  const std::string text =
      "path,identity,expression\nimg/1.jpg,F01,happy\n\"img/2.jpg\",F02,\"neutral\"\nimg/3.jpg,F01,neutral\n";
  int taken = 0;
  for (uint64_t round = 0; round < 20'000; ++round) {
    const auto manifest = ParseCsvManifest(Mutate(text, round));
    if (!manifest.ok()) {
      EXPECT_TRUE(absl::IsInvalidArgument(manifest.status()));
      continue;
    }
    ++taken;
    ASSERT_EQ(manifest->labels.size(), manifest->rows.size() * manifest->schema.size());
    for (size_t row = 0; row < manifest->rows.size(); ++row) {
      EXPECT_NE(manifest->rows[row].path[0], '/');
      for (int f = 0; f < manifest->schema.size(); ++f) {
        EXPECT_LT(manifest->labels_of(row)[f], manifest->schema.features()[f].classes.size());
      }
    }
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace facet::model
