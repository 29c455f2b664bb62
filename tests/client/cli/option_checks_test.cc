// SPDX-License-Identifier: Apache-2.0
#include "client/cli/option_checks.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

// What is said of a command line; empty: nothing.
std::string Said(const std::vector<std::string>& words) {
  CLI::App app("about", "facet");
  app.require_subcommand(1);
  app.fallthrough();
  std::string text, path;
  std::vector<std::string> texts, files;
  double seconds = 1, share = 0;
  app.add_option("--timeout", seconds)->check(Seconds());
  CLI::App* render = app.add_subcommand("render", "");
  render->add_option("--set", texts)->take_all();
  render->add_option("--share", share)->check(NumberIn(0.5, 2));
  TakesPath(render->add_option("--out", path));
  CLI::App* models = app.add_subcommand("models", "");
  models->require_subcommand(1);
  models->add_subcommand("show", "")->add_option("name", text)->required();
  TakesPath(app.add_subcommand("classify", "")->add_option("images", files))->required();
  TakesPath(app.add_subcommand("import", "")->add_option("folder", path), "DIR");
  std::vector<const char*> argv = {"facet"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
    CheckUtf8(app);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(TakesPathTest, APathIsNotEmpty) {
  EXPECT_EQ(Said({"render", "--out", ""}), "--out: the name is empty");
  EXPECT_EQ(Said({"import", ""}), "folder: the name is empty");
  EXPECT_EQ(Said({"classify", "a.png", ""}), "images: the name is empty");
  EXPECT_EQ(Said({"render", "--out", " "}), "");
}

TEST(SecondsTest, AreMoreThanNoneAndAYearAtTheMost) {
  for (const char* good : {"1e-3", "60", "31536000"}) EXPECT_EQ(Said({"--timeout", good, "render"}), "") << good;
  for (const char* bad : {"0", "-1", "nan", "NAN", "inf", "1e300", "31536001"}) {
    EXPECT_THAT(Said({"--timeout", bad, "render"}), HasSubstr("over 0 and up to 31536000")) << bad;
  }
  for (const char* none : {"abc", "1h", ""}) {
    EXPECT_THAT(Said({"--timeout", none, "render"}), HasSubstr("is no number")) << none;
  }
}

TEST(NumberInTest, NoNumberIsInNoRange) {
  for (const char* good : {"0.5", "1", "2"}) EXPECT_EQ(Said({"render", "--share", good}), "") << good;
  for (const char* bad : {"0.49", "2.01", "nan", "-inf"}) {
    EXPECT_THAT(Said({"render", "--share", bad}), HasSubstr("is not in [0.5, 2]")) << bad;
  }
  EXPECT_THAT(Said({"render", "--share", "x"}), HasSubstr("'x' is no number"));
}

TEST(CheckUtf8Test, TextsAreUtf8AndNamedWhereTheyAreNot) {
  EXPECT_EQ(Said({"render", "--set", "colour=röt"}), "");
  EXPECT_EQ(Said({"render", "--set", "a=b", "--set", "digit=\xff"}), "--set: 'digit=?' is not UTF-8");
  EXPECT_EQ(Said({"models", "show", "\xc3"}), "name: '?' is not UTF-8");
}

TEST(CheckUtf8Test, PathsAreAnyBytes) {
  EXPECT_EQ(Said({"render", "--out", "\xff.png"}), "");
  EXPECT_EQ(Said({"classify", "\xff", "\xfe"}), "");
  EXPECT_EQ(Said({"import", "\xff"}), "");
}

}  // namespace
}  // namespace facet::cli
