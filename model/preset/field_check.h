// SPDX-License-Identifier: Apache-2.0
// Checks of single fields of a preset. All are INVALID_ARGUMENT (reason
// BAD_PRESET) with the field path given, and say what is allowed.
#ifndef FACET_MODEL_PRESET_FIELD_CHECK_H_
#define FACET_MODEL_PRESET_FIELD_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace facet::model {

absl::Status BadPreset(absl::string_view field, absl::string_view message);

// Unless `value` is in [low, high].
absl::Status CheckInteger(absl::string_view field, int64_t value, int64_t low, int64_t high);
// Unless `value` is a number in [low, high].
absl::Status CheckNumber(absl::string_view field, double value, double low, double high);
// Unless `value` is a number in [0, 1).
absl::Status CheckBelowOne(absl::string_view field, double value);
// Unless `value` is a number in (0, high].
absl::Status CheckPositive(absl::string_view field, double value, double high);
// Unless a list has between 1 and `high` entries.
absl::Status CheckCount(absl::string_view field, int64_t count, int64_t high);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_FIELD_CHECK_H_
