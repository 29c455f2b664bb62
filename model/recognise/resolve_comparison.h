// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_RESOLVE_COMPARISON_H_
#define FACET_MODEL_RECOGNISE_RESOLVE_COMPARISON_H_

#include "absl/status/statusor.h"
#include "facet/v1/training.pb.h"
#include "model/features/schema.h"
#include "model/recognise/comparison_plan.h"

namespace facet::model {

// Checks the task for a training set with the features of `schema`, and fills
// in what it leaves open. The data sets of its tests are not looked at
// (MatchClasses).
//
// INVALID_ARGUMENT with the path below the task: "feature", "tests[1].name",
// "sources[0]", "seeds", "filter.min_confidence". Reasons: UNKNOWN_FEATURE,
// ONE_CLASS, SAME_FEATURE, REQUIRED, INVALID_ID, DOUBLED, OUT_OF_RANGE,
// TOO_MANY_IMAGES.
absl::StatusOr<ComparisonPlan> ResolveComparison(const v1::AugmentationTask& task, const FeatureSchema& schema);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_RESOLVE_COMPARISON_H_
