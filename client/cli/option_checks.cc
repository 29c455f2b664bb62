// SPDX-License-Identifier: Apache-2.0
#include "client/cli/option_checks.h"

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/utf8.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

constexpr double kYearSeconds = 365.0 * 24 * 60 * 60;

CLI::Validator Check(std::function<std::string(std::string&)> check) {
  return {std::move(check), "", ""};  // without a word in the help
}

bool IsPath(const CLI::Option& option) {
  const std::string kind = option.get_type_name();
  return kind == "FILE" || kind == "DIR";
}

// Of one command. What it is called is the name of its option.
void CheckValues(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (IsPath(*option)) continue;
    for (const std::string& value : option->results()) {
      if (IsValidUtf8(value) || absl::StartsWith(value, "unix:")) continue;  // a socket's name is a path, too
      throw CLI::ValidationError(option->get_name(), absl::StrCat("'", Utf8Text(value), "' is not UTF-8"));
    }
  }
}

}  // namespace

CLI::Option* TakesPath(CLI::Option* option, const std::string& kind) {
  return option->type_name(kind)->check(
      Check([](const std::string& path) { return path.empty() ? std::string("the name is empty") : ""; }));
}

CLI::Validator NumberIn(double low, double high) {
  return Check([low, high](const std::string& text) -> std::string {
    double number = 0;
    if (!absl::SimpleAtod(text, &number)) return absl::StrCat("'", text, "' is no number");
    // NaN is in no range.
    return number >= low && number <= high ? "" : absl::StrCat(text, " is not in [", low, ", ", high, "]");
  });
}

CLI::Validator Seconds() {
  return Check([](const std::string& text) -> std::string {
    double seconds = 0;
    if (!absl::SimpleAtod(text, &seconds)) return absl::StrCat("'", text, "' is no number");
    if (seconds > 0 && seconds <= kYearSeconds) return "";
    return absl::StrCat(text, " is no number of seconds over 0 and up to ", static_cast<int64_t>(kYearSeconds),
                        ", a year");
  });
}

void CheckUtf8(const CLI::App& app) {
  CheckValues(app);
  for (const CLI::App* command : app.get_subcommands()) CheckUtf8(*command);
}

}  // namespace facet::cli
