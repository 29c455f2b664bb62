// SPDX-License-Identifier: Apache-2.0
// Text that came from outside: whether it is UTF-8, and how to show it.
#ifndef FACET_MODEL_FEATURES_TEXT_H_
#define FACET_MODEL_FEATURES_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace facet::model {

// Bytes of the well-formed character that `text`, which is not empty, begins
// with; 0: none. Well-formed as IsValidUtf8 has it.
size_t Utf8CharacterLength(absl::string_view text);

// Well-formed by table 3-7 of the Unicode Standard: no overlong forms, no
// surrogates, nothing above U+10FFFF.
bool IsValidUtf8(absl::string_view text);

// `text` fit for a message: at most 80 bytes, control characters and broken
// UTF-8 as '?'. What was cut off shows as "...".
std::string ShownText(absl::string_view text);

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_TEXT_H_
