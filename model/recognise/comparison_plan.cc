// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison_plan.h"

#include <algorithm>

#include "base/status_macros.h"

namespace facet::model {

absl::string_view SourceName(TrainingSource source) {
  switch (source) {
    case TrainingSource::kOriginals:
      return "originals";
    case TrainingSource::kFlipsAndRotations:
      return "flips_and_rotations";
    case TrainingSource::kMixup:
      return "mixup";
    case TrainingSource::kSynthetic:
      return "synthetic";
    case TrainingSource::kOriginalsAndSynthetic:
      return "originals_and_synthetic";
  }
  return "";
}

bool NeedsSynthetic(TrainingSource source) {
  return source == TrainingSource::kSynthetic || source == TrainingSource::kOriginalsAndSynthetic;
}

bool ComparisonPlan::needs_synthetic() const { return std::any_of(sources.begin(), sources.end(), NeedsSynthetic); }

absl::StatusOr<std::vector<uint16_t>> MatchClasses(const FeatureSchema& schema, int feature,
                                                   const FeatureSchema& test) {
  ASSIGN_OR_RETURN(const int of_test, test.FindFeature(schema.features()[feature].name));
  std::vector<uint16_t> classes;
  for (const std::string& name : test.features()[of_test].classes) {
    ASSIGN_OR_RETURN(const int index, schema.FindClass(feature, name));
    classes.push_back(static_cast<uint16_t>(index));
  }
  return classes;
}

}  // namespace facet::model
