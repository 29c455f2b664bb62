// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/clean_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace facet::server {

std::string CleanText(absl::string_view text, size_t max_bytes) {
  constexpr absl::string_view kCut = "...";
  std::string clean;
  size_t end_before_cut = 0;  // where "..." still finds room
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    const absl::string_view character = text.substr(0, length);
    const bool line = character == "\n" || character == "\t";
    clean += length == 0 || (IsSteeringCharacter(character) && !line) ? std::string("?") : std::string(character);
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
