// SPDX-License-Identifier: Apache-2.0
#include "client/cli/usage_error.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/names.h"

namespace facet::cli {
namespace {

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

// The chosen commands, outermost first; the program is the first.
std::vector<const CLI::App*> ChosenPath(const CLI::App& app) {
  std::vector<const CLI::App*> path = {&app};
  while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().front());
  return path;
}

// The first word that nothing has taken; empty if there is none.
std::string StrayWord(const std::vector<const CLI::App*>& path) {
  for (auto app = path.rbegin(); app != path.rend(); ++app) {
    const std::vector<std::string> words = (*app)->remaining();
    const auto word =
        std::find_if(words.begin(), words.end(), [](const std::string& text) { return !absl::StartsWith(text, "-"); });
    if (word != words.end()) return *word;
  }
  return "";
}

// Of a text where a number should stand CLI11 says "Could not convert: --images
// = abc", and where there is a range "--timeout: Value abc not in range 0 to 1".
// Empty: `text` is neither. Nothing but texts, flags and numbers is asked for.
std::string DescribeNoNumber(absl::string_view text) {
  std::vector<std::string> parts;
  if (absl::ConsumePrefix(&text, "Could not convert: ")) {
    parts = absl::StrSplit(text, absl::MaxSplits(" = ", 1));
  } else {
    parts = absl::StrSplit(text.substr(0, text.find(" not in range ")), absl::MaxSplits(": Value ", 1));
  }
  double number = 0;
  if (parts.size() != 2 || absl::SimpleAtod(parts[1], &number)) return "";
  return absl::StrCat(parts[0], ": '", parts[1], "' is no number");
}

// A word where a command should stand says more than that one is missing.
std::string Describe(const std::vector<const CLI::App*>& path, const CLI::ParseError& error) {
  const std::vector<std::string> commands = CommandsOf(*path.back());
  if (!commands.empty()) {
    const std::string word = StrayWord(path);
    if (!word.empty()) return absl::StrCat("there is no command '", word, "'. ", SuggestNames(word, commands, 20));
    return absl::StrCat("which command? There are: ", absl::StrJoin(commands, ", "));
  }
  std::string text = error.what();
  std::string no_number = DescribeNoNumber(text);
  if (!no_number.empty()) return no_number;
  // "--steps: Value 0 not in range 0.000000 to 1797693134862315708145…".
  const size_t range = text.find(" not in range ");
  const size_t huge = text.find(" to 17976931348623157");
  if (range == std::string::npos || huge == std::string::npos) return text;
  return absl::StrCat(text.substr(0, range), " is too small");
}

}  // namespace

std::string FormatUsageError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<const CLI::App*> path = ChosenPath(app);
  const std::string command =
      absl::StrJoin(path, " ", [](std::string* out, const CLI::App* part) { absl::StrAppend(out, part->get_name()); });
  std::string text = absl::StrCat(app.get_name(), ": ", Describe(path, error));
  while (absl::EndsWith(text, "\n")) text.pop_back();
  return absl::StrCat(text, "\n  see ", command, " --help\n");
}

}  // namespace facet::cli
