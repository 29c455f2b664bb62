// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_CHOICE_H_
#define FACET_MODEL_DATA_CHOICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace facet::model {

// Which of `choices` a repeated field asks for: their indices, ascending
// whatever the order of `asked`; all of them where it is empty.
// INVALID_ARGUMENT with a path such as "colours[1]": a value that is none of
// the choices, or twice there. `field` names the repeated field.
absl::StatusOr<std::vector<int>> Choose(absl::string_view field, absl::Span<const std::string> asked,
                                        absl::Span<const std::string> choices);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_CHOICE_H_
