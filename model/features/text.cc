// SPDX-License-Identifier: Apache-2.0
#include "model/features/text.h"

#include <algorithm>

#include "base/utf8.h"

namespace facet::model {
namespace {

constexpr size_t kShownBytes = 80;

}  // namespace

std::string ShownText(absl::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    if (shown.size() + length > kShownBytes) return shown + "...";
    const absl::string_view character = text.substr(0, length);
    shown += character.empty() || IsSteeringCharacter(character) ? std::string("?") : std::string(character);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return shown;
}

}  // namespace facet::model
