// SPDX-License-Identifier: Apache-2.0
#include "client/cli/json_syntax.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace facet::cli {
namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 17: syntax
// error while ..." from "syntax" on.
absl::string_view Core(absl::string_view what) {
  const size_t end = what.find(": ");
  return end == absl::string_view::npos ? what : what.substr(end + 2);
}

}  // namespace

std::optional<FileMistake> FindJsonMistake(const std::string& text) {
  // Which throws; nothing leaves this function.
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
    return std::nullopt;
  } catch (const nlohmann::json::parse_error& e) {
    // Counted from 1. An end that comes too early is where the last text is.
    const size_t place = std::min(e.byte, absl::StripTrailingAsciiWhitespace(text).size());
    const auto line = std::count(text.begin(), text.begin() + static_cast<int64_t>(place), '\n');
    return FileMistake{static_cast<int>(line) + 1, "", absl::StrCat("is not JSON: ", Core(e.what()))};
  } catch (const nlohmann::json::exception& e) {
    return FileMistake{0, "", absl::StrCat("is not JSON that can be read: ", e.what())};
  }
}

}  // namespace facet::cli
