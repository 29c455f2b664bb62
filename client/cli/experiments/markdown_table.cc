// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/markdown_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace facet::cli {

MarkdownTable::MarkdownTable(const std::vector<std::string>& header) {
  Add(header);
  for (size_t i = 0; i < header.size(); ++i) absl::StrAppend(&text_, "|---");
  absl::StrAppend(&text_, "|\n");
}

void MarkdownTable::Add(const std::vector<std::string>& row) {
  for (const std::string& cell : row) {
    absl::StrAppend(&text_, "| ", absl::StrReplaceAll(cell, {{"|", "\\|"}, {"\n", " "}}), " ");
  }
  absl::StrAppend(&text_, "|\n");
}

std::string FormatNumber(double number) { return absl::StrFormat("%.3g", number); }

std::string FormatRatio(double over, double under) { return under > 0 ? absl::StrFormat("%.2f", over / under) : "–"; }

}  // namespace facet::cli
