// SPDX-License-Identifier: Apache-2.0
#include "model/data/choice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "model/features/text.h"

namespace facet::model {

absl::StatusOr<std::vector<int>> Choose(absl::string_view field, absl::Span<const std::string> asked,
                                        absl::Span<const std::string> choices) {
  std::vector<bool> wanted(choices.size(), asked.empty());
  for (size_t i = 0; i < asked.size(); ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    const auto found = std::find(choices.begin(), choices.end(), asked[i]);
    if (found == choices.end()) {
      return InvalidField(
          path, "UNKNOWN_VALUE",
          absl::StrCat("'", ShownText(asked[i]), "' is not possible. ", SuggestNames(asked[i], choices)));
    }
    const size_t index = found - choices.begin();
    if (wanted[index]) return InvalidField(path, "DUPLICATE_VALUE", absl::StrCat("'", asked[i], "' is there twice"));
    wanted[index] = true;
  }
  std::vector<int> indices;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) indices.push_back(static_cast<int>(i));
  }
  return indices;
}

}  // namespace facet::model
