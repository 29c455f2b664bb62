// SPDX-License-Identifier: Apache-2.0
// Texts of a server or a command line, on their way to a terminal.
#ifndef FACET_CLIENT_CLI_SHOWN_TEXT_H_
#define FACET_CLIENT_CLI_SHOWN_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace facet::cli {

// `text` for people: '?' for each byte that is not UTF-8 and for each character
// that steers what shows it (IsSteeringCharacter); line breaks and tabs stay.
std::string ShownText(absl::string_view text);

// `text` as UTF-8, '?' for each byte that is none; everything else stays.
std::string Utf8Text(absl::string_view text);

// A JSON text with the characters that steer what shows them as escapes: it
// means the same.
std::string ShownJson(absl::string_view json);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_SHOWN_TEXT_H_
