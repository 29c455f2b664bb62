// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_CLEAN_TEXT_H_
#define FACET_SERVER_RPC_CLEAN_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace facet::server {

// `text` as valid UTF-8 of at most `max_bytes` bytes: '?' for each byte that
// is none, "..." at the end of what was cut. Line breaks stay.
std::string CleanText(absl::string_view text, size_t max_bytes);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_CLEAN_TEXT_H_
