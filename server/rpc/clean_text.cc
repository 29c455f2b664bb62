// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/clean_text.h"

#include <algorithm>

#include "model/features/text.h"

namespace facet::server {
namespace {

// Bytes of the well-formed character that `text` begins with, or 0.
size_t CharacterLength(absl::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size()); ++length) {
    if (model::IsValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string CleanText(absl::string_view text, size_t max_bytes) {
  constexpr absl::string_view kCut = "...";
  std::string clean;
  size_t end_before_cut = 0;  // where "..." still finds room
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    clean += length == 0 ? std::string("?") : std::string(text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
    if (clean.size() > max_bytes) {
      clean.resize(end_before_cut);
      return clean + std::string(kCut);
    }
    if (clean.size() + kCut.size() <= max_bytes) end_before_cut = clean.size();
  }
  return clean;
}

}  // namespace facet::server
