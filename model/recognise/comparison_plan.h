// SPDX-License-Identifier: Apache-2.0
// A v1.AugmentationTask as plain values, checked.
#ifndef FACET_MODEL_RECOGNISE_COMPARISON_PLAN_H_
#define FACET_MODEL_RECOGNISE_COMPARISON_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/features/schema.h"

namespace facet::model {

// As v1.TrainingSource.
enum class TrainingSource { kOriginals, kFlipsAndRotations, kMixup, kSynthetic, kOriginalsAndSynthetic };

// "flips_and_rotations".
absl::string_view SourceName(TrainingSource source);
bool NeedsSynthetic(TrainingSource source);

// As v1.SyntheticFilter.
struct SyntheticFilter {
  double min_confidence = 0.5;
  double min_sharpness = 0.4;
  double max_sharpness = 2.5;
};

struct ComparisonPlan {
  int feature = 0;      // index in the training set's schema
  int mix_feature = 0;  // another one
  std::vector<std::string> tests;
  std::vector<TrainingSource> sources;  // the first one is the baseline
  int seeds = 3;
  int steps = 40000;
  int batch_size = 64;
  double learning_rate = 2e-4f;
  double weight_decay = 5e-4f;
  SyntheticFilter filter;

  bool needs_synthetic() const;
};

// For each class that `test` has of the feature, its index in `schema`, whose
// feature it is. INVALID_ARGUMENT (field "", reason UNKNOWN_FEATURE or
// UNKNOWN_CLASS) names the nearest.
absl::StatusOr<std::vector<uint16_t>> MatchClasses(const FeatureSchema& schema, int feature, const FeatureSchema& test);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_COMPARISON_PLAN_H_
