// SPDX-License-Identifier: Apache-2.0
// What the tables share: messages in columns, keys of versions.
#ifndef FACET_SERVER_CORE_STORE_ROW_H_
#define FACET_SERVER_CORE_STORE_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "server/core/store/sqlite.h"

namespace facet::server {

// DATA_LOSS where the bytes are no such message.
absl::Status ParseColumn(const Statement& statement, int column, google::protobuf::MessageLite& message);

template <typename Message>
absl::StatusOr<Message> ReadColumn(const Statement& statement, int column) {
  Message message;
  absl::Status status = ParseColumn(statement, column, message);
  if (!status.ok()) return status;
  return message;
}

// First column of every row.
absl::StatusOr<std::vector<std::string>> ReadStrings(Statement statement);

// "models/digits@3" and the key of a page, "digits@3".
std::string VersionKey(absl::string_view id, int64_t version);
struct ParsedVersionKey {
  std::string id;
  int64_t version = 0;
};
// BadPageToken: it is none.
absl::StatusOr<ParsedVersionKey> ParseVersionKey(const std::string& key);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_ROW_H_
