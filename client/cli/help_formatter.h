// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_HELP_FORMATTER_H_
#define FACET_CLIENT_CLI_HELP_FORMATTER_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::cli {

// Breaks `text` at blanks into lines of at most `columns`, but for words that
// are longer.
std::vector<std::string> WrapWords(absl::string_view text, int columns);

// Breaks a command of the shell likewise, with a backslash at the end of each
// line but the last, and neither inside quotes nor between an option and its
// value; lines after the first are indented by `indent`.
std::vector<std::string> WrapCommand(absl::string_view command, int columns, int indent);

// Help that fits the columns of a terminal: descriptions keep their column where
// they are broken, commands among the examples stay commands, and the help of a
// command names the options that every command has.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(int columns) : columns_(columns) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  std::string TwoColumns(const std::string& name, const std::string& description) const;

  const int columns_;
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_HELP_FORMATTER_H_
