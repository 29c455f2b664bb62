// SPDX-License-Identifier: Apache-2.0
// Identifiers of resources, and what was probably meant by a wrong one.
#ifndef FACET_BASE_NAMES_H_
#define FACET_BASE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace facet {

// INVALID_ARGUMENT (field path "", reason INVALID_ID) unless `id` matches
// [a-z][a-z0-9-]{0,62}; `what` names it in the message.
absl::Status ValidateId(absl::string_view id, absl::string_view what);

// INVALID_ARGUMENT likewise unless `name` matches [a-z][a-z0-9_]{0,62}.
absl::Status ValidateFeatureName(absl::string_view name);

// The candidate that was probably meant by `name`: the one with the fewest
// letters to add, leave out, replace or swap with their neighbours, ignoring
// case. Empty where none is near: a third of the longer name is wrong in each
// (one letter may always be, if another is right), and none begins with the
// other's three letters or more.
std::string NearestName(absl::string_view name, absl::Span<const std::string> candidates);

// "Did you mean 'x'? There are: a, b, c." with at most `limit` candidates
// listed, then "and 12 more"; without the question where none is near.
std::string SuggestNames(absl::string_view name, absl::Span<const std::string> candidates, int limit = 12);

// 128 random bits as 32 hexadecimal digits, from the system's generator.
std::string RandomHexId();

}  // namespace facet

#endif  // FACET_BASE_NAMES_H_
