// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_HOLD_OUT_H_
#define FACET_MODEL_DATA_HOLD_OUT_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "facet/v1/training.pb.h"
#include "model/data/dataset.h"
#include "model/data/dataset_labels.h"
#include "model/data/split.h"

namespace facet::model {

// Applies the rules in order; a pure function of labels and rules. See
// v1.HoldOutRule. What that leaves open:
//  * Combinations are those that the data set has. They are chosen in equal
//    numbers from each class of the feature that `per` names first, as far as
//    they go.
//  * A combination is chosen by one rule only among those with the same `per`
//    features, in any order. Rules with other `per` features choose from what
//    those before have left in training: the parts are disjoint, and none is
//    empty.
//  * Only such combinations are chosen as keep at least one combination of
//    `missing` in training.
//  * The missing combinations take turns in an order of the seed's; where each
//    chosen one loses several, it loses those whose turn comes next.
//
// INVALID_ARGUMENT with a path such as "hold_out[1].missing[0]": unknown
// feature, a feature in both lists, a doubled rule name, more combinations
// than there are, to choose (the message says how many could be) or to lose, or
// a class that training would never see (the message names it).
absl::StatusOr<Split> SplitDataset(const Dataset& dataset, absl::Span<const v1::HoldOutRule> rules);

// The same split, of labels alone.
absl::StatusOr<Split> SplitDataset(const DatasetLabels& dataset, absl::Span<const v1::HoldOutRule> rules);

// The checks that need the schema alone.
absl::Status ValidateHoldOut(const FeatureSchema& schema, absl::Span<const v1::HoldOutRule> rules);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_HOLD_OUT_H_
