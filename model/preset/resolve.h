// SPDX-License-Identifier: Apache-2.0
// The steps of ResolvePreset. Field paths of errors are below the message
// given ("layers[2].kernel").
#ifndef FACET_MODEL_PRESET_RESOLVE_H_
#define FACET_MODEL_PRESET_RESOLVE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/v1/preset.pb.h"
#include "model/features/schema.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Index of a feature that `field` of a preset names. INVALID_ARGUMENT names
// the nearest.
absl::StatusOr<int> FeatureNamed(absl::string_view field, absl::string_view name, const FeatureSchema& schema);

// `image_size` 0 means the one in `spec`.
absl::StatusOr<GeneratorShape> ResolveGenerator(const v1::GeneratorSpec& spec, const FeatureSchema& schema,
                                                int image_size);
// Without `headless`, which follows from the training options.
absl::StatusOr<ClassifierShape> ResolveClassifier(const v1::ClassifierSpec& spec, const FeatureSchema& schema,
                                                  int image_size);
absl::StatusOr<TrainingPlan> ResolveTraining(const v1::TrainingOptions& options, const FeatureSchema& schema);
// What `options` leaves open of seed and precision is the training's.
absl::StatusOr<JudgePlan> ResolveJudge(const v1::JudgeOptions& options, const TrainingPlan& training);

// Features that `feature_weights` names with weight 0, ascending.
absl::StatusOr<std::vector<int>> HeadlessFeatures(const v1::TrainingOptions& options, const FeatureSchema& schema);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_RESOLVE_H_
