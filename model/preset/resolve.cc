// SPDX-License-Identifier: Apache-2.0
#include "model/preset/resolve.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "model/preset/field_check.h"
#include "model/preset/preset.h"

namespace facet::model {
namespace {

// 8 GiB of float32: more is a slip of the pen, not a net to train.
constexpr int64_t kMaxParameters = int64_t{1} << 31;

absl::Status CheckParameters(absl::string_view field, int64_t count) {
  if (count <= kMaxParameters) return absl::OkStatus();
  return BadPreset(field, absl::StrCat("has ", count, " parameters; at most ", kMaxParameters, " are allowed"));
}

template <typename T>
absl::StatusOr<T> Under(absl::string_view field, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return PrefixField(std::move(result).status(), field);
}

}  // namespace

absl::StatusOr<int> FeatureNamed(absl::string_view field, absl::string_view name, const FeatureSchema& schema) {
  const auto found = schema.FindFeature(name);
  if (found.ok()) return *found;
  return InvalidField(field, "UNKNOWN_FEATURE", absl::StrCat("the preset's ", field, ": ", found.status().message()));
}

absl::StatusOr<NetPlan> ResolvePreset(const v1::Preset& preset, const FeatureSchema& schema, int image_size) {
  RETURN_IF_ERROR(PrefixField(ValidateId(preset.name(), "preset name"), "name"));
  if (schema.size() == 0) return BadPreset("generator", "needs a data set with at least one feature");
  NetPlan plan;
  ASSIGN_OR_RETURN(plan.generator, Under("generator", ResolveGenerator(preset.generator(), schema, image_size)));
  ASSIGN_OR_RETURN(plan.classifier,
                   Under("classifier", ResolveClassifier(preset.classifier(), schema, plan.generator.image_size())));
  ASSIGN_OR_RETURN(plan.training, Under("training", ResolveTraining(preset.training(), schema)));
  ASSIGN_OR_RETURN(plan.classifier.headless, HeadlessFeatures(preset.training(), schema));
  ASSIGN_OR_RETURN(plan.judge, Under("judge", ResolveJudge(preset.judge(), plan.training)));
  RETURN_IF_ERROR(CheckParameters("generator", ParameterCount(plan.generator)));
  RETURN_IF_ERROR(CheckParameters("classifier", ParameterCount(plan.classifier)));
  return plan;
}

}  // namespace facet::model
