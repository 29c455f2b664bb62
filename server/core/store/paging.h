// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_PAGING_H_
#define FACET_SERVER_CORE_STORE_PAGING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

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
// than 1000 is cut. INVALID_ARGUMENT (field `page_size`): negative.
absl::StatusOr<PageRequest> MakePageRequest(int32_t page_size, const std::string& page_token);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_PAGING_H_
