// SPDX-License-Identifier: Apache-2.0
#include "server/core/request_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

constexpr size_t kMaxTextBytes = 16 << 10;
constexpr size_t kMaxRequestIdBytes = 64;

}  // namespace

absl::Status ValidateText(absl::string_view text, absl::string_view field) {
  if (text.size() <= kMaxTextBytes) return absl::OkStatus();
  return InvalidField(field, "TEXT_TOO_LONG",
                      absl::StrCat("the text has ", text.size(), " bytes; at most ", kMaxTextBytes, " are kept"));
}

absl::Status ValidateRequestId(absl::string_view id) {
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return absl::ascii_isgraph(c); });
  if (id.size() <= kMaxRequestIdBytes && printable) return absl::OkStatus();
  return InvalidField(
      "request_id", "BAD_REQUEST_ID",
      absl::StrCat("the request id must be at most ", kMaxRequestIdBytes, " printable characters, best a UUID"));
}

}  // namespace facet::server
