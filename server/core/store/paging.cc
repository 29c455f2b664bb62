// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/paging.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;
constexpr size_t kChecksumDigits = 8;

// Keys hold no line breaks, nor do listings.
std::string Checksum(absl::string_view key, absl::string_view listing) {
  return Sha256Hex(absl::StrCat("page of\n", listing, "\nafter\n", key)).substr(0, kChecksumDigits);
}

absl::StatusOr<std::string> KeyOf(absl::string_view token, absl::string_view listing) {
  if (token.empty()) return "";
  const absl::string_view key = token.substr(0, token.rfind('.'));
  if (key.empty() || token != MakePageToken(key, listing)) return BadPageToken();
  return std::string(key);
}

}  // namespace

absl::StatusOr<PageRequest> MakePageRequest(int32_t page_size, absl::string_view page_token,
                                            absl::string_view listing) {
  if (page_size < 0) {
    return InvalidField("page_size", "BAD_PAGE_SIZE",
                        absl::StrCat("the page size must be in [0, ", kMaxPageSize, "], not ", page_size));
  }
  PageRequest page;
  page.limit = page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize);
  ASSIGN_OR_RETURN(page.after, KeyOf(page_token, listing));
  return page;
}

std::string MakePageToken(absl::string_view next, absl::string_view listing) {
  return next.empty() ? "" : absl::StrCat(next, ".", Checksum(next, listing));
}

absl::Status BadPageToken() {
  return InvalidField("page_token", "BAD_PAGE_TOKEN",
                      "the page token is none that this listing returned; leave it empty to begin again");
}

}  // namespace facet::server
