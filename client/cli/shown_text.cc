// SPDX-License-Identifier: Apache-2.0
#include "client/cli/shown_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "base/utf8.h"

namespace facet::cli {
namespace {

bool Steers(absl::string_view character) {
  return character != "\n" && character != "\t" && IsSteeringCharacter(character);
}

// The number of a character of two or three bytes, as those that steer have.
uint32_t CodePoint(absl::string_view character) {
  const auto bits = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(character[i]) & 0x3F); };
  switch (character.size()) {
    case 2:
      return (bits(0) & 0x1F) << 6 | bits(1);
    case 3:
      return (bits(0) & 0x0F) << 12 | bits(1) << 6 | bits(2);
    default:
      return static_cast<uint8_t>(character[0]);
  }
}

// `text`, in which `replace(character)` says what stands for each character; of a
// byte that is none the character is empty.
template <typename Replace>
std::string Replaced(absl::string_view text, Replace replace) {
  std::string replaced;
  replaced.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    replaced += replace(text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return replaced;
}

}  // namespace

std::string ShownText(absl::string_view text) {
  return Replaced(text, [](absl::string_view character) {
    return character.empty() || Steers(character) ? std::string("?") : std::string(character);
  });
}

std::string Utf8Text(absl::string_view text) {
  return Replaced(text, [](absl::string_view character) { return character.empty() ? "?" : std::string(character); });
}

std::string ShownJson(absl::string_view json) {
  return Replaced(json, [](absl::string_view character) {
    if (character.empty()) return std::string("?");
    return Steers(character) ? absl::StrFormat("\\u%04x", CodePoint(character)) : std::string(character);
  });
}

}  // namespace facet::cli
