// SPDX-License-Identifier: Apache-2.0
// How text that came from outside is shown in messages.
#ifndef FACET_MODEL_FEATURES_TEXT_H_
#define FACET_MODEL_FEATURES_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace facet::model {

// `text` fit for a message: at most 80 bytes, broken UTF-8 and what steers a
// terminal (IsSteeringCharacter) as '?'. What was cut off shows as "...".
std::string ShownText(absl::string_view text);

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_TEXT_H_
