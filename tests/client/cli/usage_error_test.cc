// SPDX-License-Identifier: Apache-2.0
#include "client/cli/usage_error.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What is said of a command line that cannot be parsed.
std::string Said(const std::vector<std::string>& words) {
  CLI::App app("about", "facet");
  app.require_subcommand(1);
  app.fallthrough();
  std::string text;
  double seconds = 1;
  int number = 1;
  app.add_option("--server", text);
  app.add_option("--timeout", seconds)->check(CLI::PositiveNumber);
  CLI::App* render = app.add_subcommand("render", "");
  render->add_option("--model", text)->required();
  render->add_option("--steps", number)->check(CLI::Range(1, 9));
  CLI::App* models = app.add_subcommand("models", "");
  models->require_subcommand(1);
  models->add_subcommand("show", "")->add_option("name", text)->required();
  models->add_subcommand("list", "");
  std::vector<const char*> argv = {"facet"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const CLI::ParseError& error) {
    return FormatUsageError(app, error);
  }
  return "";
}

TEST(UsageErrorTest, AnUnknownCommandIsNamedWithTheNearest) {
  EXPECT_EQ(Said({"rendr", "--model", "x"}),
            "facet: there is no command 'rendr'. Did you mean 'render'? There are: render, models.\n"
            "  see facet --help\n");
  EXPECT_EQ(Said({"models", "lst"}),
            "facet: there is no command 'lst'. Did you mean 'list'? There are: show, list.\n"
            "  see facet models --help\n");
}

TEST(UsageErrorTest, AMissingCommandIsAskedFor) {
  EXPECT_EQ(Said({}), "facet: which command? There are: render, models\n  see facet --help\n");
  EXPECT_EQ(Said({"--server", "h:1", "models"}),
            "facet: which command? There are: show, list\n  see facet models --help\n");
}

TEST(UsageErrorTest, OptionsAreNamedAndTheHelpOfTheirCommand) {
  EXPECT_EQ(Said({"render"}), "facet: --model is required\n  see facet render --help\n");
  EXPECT_THAT(Said({"render", "--modl", "x", "--model", "y"}),
              AllOf(HasSubstr("--modl"), HasSubstr("facet render --help")));
  EXPECT_THAT(Said({"models", "show"}), AllOf(HasSubstr("name"), HasSubstr("facet models show --help")));
  EXPECT_THAT(Said({"models", "show", "a", "b"}), HasSubstr("b"));
}

TEST(UsageErrorTest, RangesAreShownUnlessTheyAreThoseOfTheMachine) {
  EXPECT_THAT(Said({"render", "--model", "x", "--steps", "10"}), HasSubstr("in range"));
  EXPECT_EQ(Said({"--timeout", "0", "render", "--model", "x"}),
            "facet: --timeout: Value 0 is too small\n  see facet render --help\n");
}

TEST(UsageErrorTest, WhatIsNoNumberIsQuoted) {
  EXPECT_EQ(Said({"--timeout", "abc", "render", "--model", "x"}),
            "facet: --timeout: 'abc' is no number\n  see facet render --help\n");
  EXPECT_EQ(Said({"render", "--model", "x", "--steps", "3x"}),
            "facet: --steps: '3x' is no number\n  see facet render --help\n");
}

TEST(UsageErrorTest, AllBeginAlike) {
  for (const auto& words : std::vector<std::vector<std::string>>{{}, {"x"}, {"render"}, {"render", "--steps", "x"}}) {
    EXPECT_THAT(Said(words), AllOf(StartsWith("facet: "), Not(HasSubstr("\n\n"))));
  }
}

}  // namespace
}  // namespace facet::cli
