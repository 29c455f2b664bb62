// SPDX-License-Identifier: Apache-2.0
#include "client/cli/help_formatter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

// Where descriptions begin.
constexpr int kColumn = 30;

// Puts words on lines of at most `columns`; `ends` of the columns are kept free
// for what ends each line but the last.
std::vector<std::string> Fill(const std::vector<std::string>& words, int columns, int ends, int indent) {
  std::vector<std::string> lines;
  std::string line;
  bool empty = true;
  for (size_t i = 0; i < words.size(); ++i) {
    const int room = columns - (i + 1 == words.size() ? 0 : ends);
    if (!empty && TextColumns(line) + 1 + TextColumns(words[i]) > room) {
      lines.push_back(std::exchange(line, std::string(indent, ' ')));
      empty = true;
    }
    absl::StrAppend(&line, empty ? "" : " ", words[i]);
    empty = false;
  }
  lines.push_back(line);
  return lines;
}

// Parts of a command that stay on one line: what is quoted, and an option with
// its value.
std::vector<std::string> WordsOf(absl::string_view command) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : command) {
    quoted ^= c == '\'';
    if (c == ' ' && !quoted) {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  std::vector<std::string> parts;
  for (std::string& word : words) {
    const bool value = !parts.empty() && absl::StartsWith(parts.back(), "--") &&
                       !absl::StrContains(parts.back(), ' ') && !absl::StartsWith(word, "-");
    if (value) {
      absl::StrAppend(&parts.back(), " ", word);
    } else {
      parts.push_back(std::move(word));
    }
  }
  return parts;
}

std::string WrapLines(absl::string_view text, int columns) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> parts = WrapWords(line, columns);
    lines.insert(lines.end(), parts.begin(), parts.end());
  }
  return absl::StrJoin(lines, "\n");
}

// A line of a footer: one that is a command ("  facet …", "Example: facet …")
// stays one.
std::vector<std::string> WrapFooterLine(absl::string_view line, int columns) {
  if (TextColumns(line) <= columns) return {std::string(line)};
  absl::string_view command = line;
  while (absl::ConsumePrefix(&command, " ")) {
  }
  const size_t indent = line.size() - command.size();
  absl::ConsumePrefix(&command, "Example: ");
  if (!absl::StartsWith(command, "facet ")) return WrapWords(line, columns);
  const std::string head(line.substr(0, line.size() - command.size()));
  std::vector<std::string> lines = WrapCommand(command, columns - static_cast<int>(head.size()), 4);
  // Those below may begin further left than the first.
  const std::string margin(indent, ' ');
  lines[0] = head + lines[0];
  for (size_t i = 1; i < lines.size(); ++i) lines[i] = margin + lines[i];
  return lines;
}

// "Options of every command: --server, …".
std::string GlobalOptions(const CLI::App* app) {
  const CLI::App* root = app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  if (root == app) return "";
  std::vector<std::string> names;
  for (const CLI::Option* option : root->get_options()) {
    const bool about = option == root->get_help_ptr() || option == root->get_version_ptr();
    if (!about && !option->get_lnames().empty()) names.push_back(absl::StrCat("--", option->get_lnames().front()));
  }
  if (names.empty()) return "";
  return absl::StrCat("Options of every command: ", absl::StrJoin(names, ", "), "; see ", root->get_name(), " --help");
}

}  // namespace

std::vector<std::string> WrapWords(absl::string_view text, int columns) {
  return Fill(absl::StrSplit(text, ' ', absl::SkipEmpty()), columns, 0, 0);
}

std::vector<std::string> WrapCommand(absl::string_view command, int columns, int indent) {
  std::vector<std::string> lines = Fill(WordsOf(command), columns, 2, indent);
  for (size_t i = 0; i + 1 < lines.size(); ++i) lines[i] += " \\";
  return lines;
}

std::string HelpFormatter::TwoColumns(const std::string& name, const std::string& description) const {
  std::string text = absl::StrCat("  ", absl::StrJoin(WrapWords(name, columns_ - 4), "\n    "));
  if (description.empty()) return text + "\n";
  const std::string margin(kColumn, ' ');
  const int used = TextColumns(text);
  text += used < kColumn - 1 ? std::string(kColumn - used, ' ') : "\n" + margin;
  const int room = std::max(20, columns_ - kColumn);
  return absl::StrCat(text, absl::StrJoin(WrapWords(description, room), "\n" + margin), "\n");
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return TwoColumns(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return TwoColumns(command->get_display_name(true), command->get_description());
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  return WrapLines(CLI::Formatter::make_usage(app, std::move(name)), columns_);
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return WrapLines(CLI::Formatter::make_description(app), columns_);
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  std::vector<std::string> lines;
  if (!app->get_footer().empty()) {
    for (const absl::string_view line : absl::StrSplit(app->get_footer(), '\n')) {
      const std::vector<std::string> parts = WrapFooterLine(line, columns_);
      lines.insert(lines.end(), parts.begin(), parts.end());
    }
  }
  const std::string global = GlobalOptions(app);
  if (!global.empty()) {
    if (!lines.empty()) lines.emplace_back();
    const std::vector<std::string> parts = WrapWords(global, columns_);
    lines.insert(lines.end(), parts.begin(), parts.end());
  }
  return lines.empty() ? "" : absl::StrJoin(lines, "\n") + "\n";
}

}  // namespace facet::cli
