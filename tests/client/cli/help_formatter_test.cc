// SPDX-License-Identifier: Apache-2.0
#include "client/cli/help_formatter.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(WrapWordsTest, BreaksAtBlanks) {
  EXPECT_THAT(WrapWords("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(WrapWords("one two three", 13), ElementsAre("one two three"));
  EXPECT_THAT(WrapWords("überlänge ja", 9), ElementsAre("überlänge", "ja")) << "letters are counted, not bytes";
  EXPECT_THAT(WrapWords("", 9), ElementsAre(""));
}

TEST(WrapCommandTest, StaysACommand) {
  EXPECT_THAT(WrapCommand("facet train --dataset a --seed 3", 22, 4),
              ElementsAre("facet train \\", "    --dataset a \\", "    --seed 3"));
  EXPECT_THAT(WrapCommand("facet x --hold-out 'a b c d'", 24, 2), ElementsAre("facet x \\", "  --hold-out 'a b c d'"));
}

// The help of a command `make` of a program with one global option.
std::string Help(const std::string& footer, bool of_program = false) {
  CLI::App app("about", "facet");
  app.formatter(std::make_shared<HelpFormatter>(60));
  std::string text;
  app.add_option("--server", text, "where");
  CLI::App* make = app.add_subcommand("make", "Make what is made when something is made of something else");
  make->add_option("--out", text, "the file that is written, which may be any file that can be written");
  make->add_option("--a-rather-long-name-of-an-option", text, "short");
  make->footer(footer);
  return of_program ? app.help() : make->help();
}

TEST(HelpFormatterTest, DescriptionsKeepTheirColumn) {
  EXPECT_THAT(Help(""), HasSubstr("  --out TEXT                  the file that is written,\n"
                                  "                              which may be any file that can\n"
                                  "                              be written\n"));
  EXPECT_THAT(Help(""), HasSubstr("  --a-rather-long-name-of-an-option TEXT\n"
                                  "                              short\n"));
  EXPECT_THAT(Help("", true), HasSubstr("  make                        Make what is made when\n"
                                        "                              something"));
}

TEST(HelpFormatterTest, ExamplesCanBeCopied) {
  EXPECT_THAT(Help("Examples:\n  facet make --out one/two/three/four/five --server somewhere:8470"),
              HasSubstr("\n  facet make --out one/two/three/four/five \\\n      --server somewhere:8470\n"));
  EXPECT_THAT(Help("Example: facet make --out one/two/three/four/five --server somewhere:8470"),
              HasSubstr("\nExample: facet make --out one/two/three/four/five \\\n    --server somewhere:8470\n"));
}

TEST(HelpFormatterTest, OptionsOfEveryCommandAreNamed) {
  EXPECT_THAT(Help(""), HasSubstr("Options of every command: --server; see facet --help\n"));
  EXPECT_THAT(Help("", true), AllOf(HasSubstr("--server"), Not(HasSubstr("Options of every command"))));
}

}  // namespace
}  // namespace facet::cli
