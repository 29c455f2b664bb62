// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_MARKDOWN_TABLE_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_MARKDOWN_TABLE_H_

#include <string>
#include <vector>

namespace facet::cli {

// A table in Markdown, one line a row. Cells may hold Markdown; bars in them are
// escaped.
class MarkdownTable {
 public:
  explicit MarkdownTable(const std::vector<std::string>& header);
  // As many cells as the header has.
  void Add(const std::vector<std::string>& row);
  const std::string& ToString() const { return text_; }

 private:
  std::string text_;
};

// Up to three significant digits: "0.0712", "18.2".
std::string FormatNumber(double number);
// The one over the other, "0.95"; "–" where there is nothing to divide by.
std::string FormatRatio(double over, double under);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_MARKDOWN_TABLE_H_
