// SPDX-License-Identifier: Apache-2.0
#include "model/preset/field_check.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

// Written so that NaN fails every comparison and lands here.
absl::Status OutOfRange(absl::string_view field, absl::AlphaNum value, absl::string_view range) {
  return BadPreset(field, absl::StrCat("is ", value, "; it must be ", range));
}

}  // namespace

absl::Status BadPreset(absl::string_view field, absl::string_view message) {
  return InvalidField(field, "BAD_PRESET", absl::StrCat(field, " ", message));
}

absl::Status CheckInteger(absl::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return OutOfRange(field, value, absl::StrCat("in [", low, ", ", high, "]"));
}

absl::Status CheckNumber(absl::string_view field, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return OutOfRange(field, value, absl::StrCat("in [", low, ", ", high, "]"));
}

absl::Status CheckBelowOne(absl::string_view field, double value) {
  if (value >= 0 && value < 1) return absl::OkStatus();
  return OutOfRange(field, value, "at least 0 and below 1");
}

absl::Status CheckPositive(absl::string_view field, double value, double high) {
  if (value > 0 && value <= high) return absl::OkStatus();
  return OutOfRange(field, value, absl::StrCat("above 0 and at most ", high));
}

absl::Status CheckCount(absl::string_view field, int64_t count, int64_t high) {
  if (count >= 1 && count <= high) return absl::OkStatus();
  return BadPreset(field, absl::StrCat("has ", count, " entries; it must have 1 to ", high));
}

}  // namespace facet::model
