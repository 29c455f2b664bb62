// SPDX-License-Identifier: Apache-2.0
// Text that came from outside: whether it is UTF-8, and what in it a terminal
// would obey in place of showing it. Pure functions.
#ifndef FACET_BASE_UTF8_H_
#define FACET_BASE_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace facet {

// Bytes of the well-formed character that `text`, which is not empty, begins
// with; 0: none. Well-formed as IsValidUtf8 has it.
size_t Utf8CharacterLength(absl::string_view text);

// Well-formed by table 3-7 of the Unicode Standard: no overlong forms, no
// surrogates, nothing above U+10FFFF.
bool IsValidUtf8(absl::string_view text);

// Whether `character`, one that is well-formed, steers what shows it: a control
// character (line breaks and tabs, too), or one that turns the direction of
// writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), by which text can
// be made to look like another.
bool IsSteeringCharacter(absl::string_view character);

}  // namespace facet

#endif  // FACET_BASE_UTF8_H_
