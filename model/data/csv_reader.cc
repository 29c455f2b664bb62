// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

// Far more than a data set may have features: an empty one takes 32 bytes.
constexpr size_t kMaxFields = 1000;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::Status CheckText(absl::string_view field) {
  if (field.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("a NUL byte");
  if (!IsValidUtf8(field)) {
    return absl::InvalidArgumentError(absl::StrCat("'", ShownText(field), "' is not UTF-8"));
  }
  return absl::OkStatus();
}

}  // namespace

CsvReader::CsvReader(absl::string_view text) : rest_(absl::StripPrefix(text, kByteOrderMark)) {}

bool CsvReader::AtLineEnd() const { return rest_.empty() || rest_[0] == '\n' || absl::StartsWith(rest_, "\r\n"); }

void CsvReader::SkipLineEnd() {
  if (rest_.empty()) return;
  rest_.remove_prefix(rest_[0] == '\n' ? 1 : 2);
  ++next_line_;
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>& fields) {
  fields.clear();
  while (!rest_.empty() && AtLineEnd()) SkipLineEnd();
  row_line_ = next_line_;
  if (rest_.empty()) return false;
  while (true) {
    ASSIGN_OR_RETURN(std::string field, NextField());
    RETURN_IF_ERROR(CheckText(field));
    if (fields.size() == kMaxFields) return absl::InvalidArgumentError(absl::StrCat("over ", kMaxFields, " fields"));
    fields.push_back(std::move(field));
    if (AtLineEnd()) break;
    rest_.remove_prefix(1);  // the comma
  }
  SkipLineEnd();
  return true;
}

absl::StatusOr<std::string> CsvReader::NextField() {
  if (absl::StartsWith(rest_, "\"")) return QuotedField();
  const size_t end = std::min(rest_.find_first_of(",\n\r"), rest_.size());
  std::string field(rest_.substr(0, end));
  rest_.remove_prefix(end);
  if (!AtLineEnd() && rest_[0] == '\r') {
    return absl::InvalidArgumentError("a carriage return without a line feed");
  }
  if (absl::StrContains(field, '"')) {
    return absl::InvalidArgumentError(
        absl::StrCat("a quote within the field '", ShownText(field), "', which does not begin with one"));
  }
  return field;
}

absl::StatusOr<std::string> CsvReader::QuotedField() {
  std::string field;
  rest_.remove_prefix(1);
  while (true) {
    const size_t quote = rest_.find('"');
    if (quote == absl::string_view::npos) return absl::InvalidArgumentError("a quote that is never closed");
    const absl::string_view part = rest_.substr(0, quote);
    next_line_ += std::count(part.begin(), part.end(), '\n');
    field.append(part.data(), part.size());
    rest_.remove_prefix(quote + 1);
    if (!absl::StartsWith(rest_, "\"")) break;
    field += '"';
    rest_.remove_prefix(1);
  }
  if (AtLineEnd() || rest_[0] == ',') return field;
  return absl::InvalidArgumentError(absl::StrCat("text after the closing quote of the field '", ShownText(field), "'"));
}

}  // namespace facet::model
