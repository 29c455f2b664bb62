// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/paging.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;

}  // namespace

absl::StatusOr<PageRequest> MakePageRequest(int32_t page_size, const std::string& page_token) {
  if (page_size < 0) {
    return InvalidField("page_size", "BAD_PAGE_SIZE",
                        absl::StrCat("the page size must be in [0, ", kMaxPageSize, "], not ", page_size));
  }
  PageRequest page;
  page.limit = page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize);
  page.after = page_token;
  return page;
}

}  // namespace facet::server
