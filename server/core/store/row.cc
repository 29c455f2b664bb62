// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/row.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/store/paging.h"

namespace facet::server {

absl::Status ParseColumn(const Statement& statement, int column, google::protobuf::MessageLite& message) {
  if (message.ParseFromString(statement.Bytes(column))) return absl::OkStatus();
  return WithReason(absl::DataLossError(absl::StrCat("the database holds a damaged ", message.GetTypeName())),
                    "STORE_DAMAGED");
}

absl::StatusOr<std::vector<std::string>> ReadStrings(Statement statement) {
  std::vector<std::string> strings;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return strings;
    strings.push_back(statement.Bytes(0));
  }
}

std::string VersionKey(absl::string_view id, int64_t version) { return absl::StrCat(id, "@", version); }

absl::StatusOr<ParsedVersionKey> ParseVersionKey(const std::string& key) {
  const size_t at = key.rfind('@');
  ParsedVersionKey parsed;
  if (at == std::string::npos || !absl::SimpleAtoi(key.substr(at + 1), &parsed.version)) return BadPageToken();
  parsed.id = key.substr(0, at);
  if (parsed.id.empty() || parsed.version < 1) return BadPageToken();
  return parsed;
}

}  // namespace facet::server
