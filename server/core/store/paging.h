// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_PAGING_H_
#define FACET_SERVER_CORE_STORE_PAGING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::server {

// A page of a listing. `after` is the key of the last entry of the page before,
// or empty.
struct PageRequest {
  int limit = 100;
  std::string after;
};
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;  // empty on the last page
};

// What `page_size` and `page_token` of a List request mean: 0 is 100, more
// than 1000 is cut. `listing` says what is listed, filters included, such as
// "datasets/faces". INVALID_ARGUMENT: a negative `page_size` (BAD_PAGE_SIZE); a
// `page_token` that MakePageToken did not make for the same listing
// (BAD_PAGE_TOKEN).
absl::StatusOr<PageRequest> MakePageRequest(int32_t page_size, absl::string_view page_token, absl::string_view listing);

// The token that a client gets for `Page::next`: the key, and a checksum of key
// and listing. A guard against mistakes, not a secret. Empty on the last page.
std::string MakePageToken(absl::string_view next, absl::string_view listing);

// INVALID_ARGUMENT (field `page_token`, reason BAD_PAGE_TOKEN).
absl::Status BadPageToken();

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_PAGING_H_
