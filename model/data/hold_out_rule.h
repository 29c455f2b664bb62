// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_HOLD_OUT_RULE_H_
#define FACET_MODEL_DATA_HOLD_OUT_RULE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "facet/v1/training.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// A v1.HoldOutRule with indices instead of names. Features ascend, so that the
// order in which a rule names them does not matter, but for `first`.
struct ResolvedRule {
  std::vector<int> per;
  std::vector<int> missing;
  int first = 0;  // where the feature that `per` names first stands in it
  int count = 0;
  int each = 1;  // combinations of `missing` that each chosen one loses
  uint64_t seed = 0;
};

// Checks the rules against the schema. Errors of ValidateHoldOut.
absl::StatusOr<std::vector<ResolvedRule>> ResolveHoldOut(const FeatureSchema& schema,
                                                         absl::Span<const v1::HoldOutRule> protos);

// INVALID_ARGUMENT, field "count": `count` is over what there is; `available`
// ends the sentence "... are asked for, but".
absl::Status TooManyCombinations(int count, absl::string_view available);

// The same of the field "each", which is over `available`.
absl::Status TooManyMissing(int each, int64_t available);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_HOLD_OUT_RULE_H_
