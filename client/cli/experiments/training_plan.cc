// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/training_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/experiments/images.h"
#include "client/cli/training_options.h"

namespace facet::cli {
namespace {

constexpr int kPeopleAnExpression = 2;
constexpr int kLowLevelPeople = 2;
constexpr int kLowLevelTransforms = 2;
constexpr int kMaxDigits = 100;

v1::HoldOutRule MakeRule(const ExperimentOptions& options, const std::string& name, const std::vector<std::string>& per,
                         const std::string& missing, int count) {
  v1::HoldOutRule rule;
  rule.set_name(name);
  *rule.mutable_per() = {per.begin(), per.end()};
  rule.add_missing(missing);
  rule.set_count(count);
  rule.set_seed(options.split_seed);
  return rule;
}

absl::Status TooFew(const v1::Dataset& dataset, const std::string& what, int there, int needed) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", needed, " are needed, and ", dataset.name(), " has ",
                                                    there, ". Import more, with --people or without it"));
}

}  // namespace

absl::Status SetExperimentPreset(const ExperimentOptions& options, const v1::Dataset& dataset, v1::TrainingSpec& spec) {
  std::string preset = options.preset;
  if (preset.empty() && options.preset_file.empty()) {
    preset = ClassesOf(dataset.schema(), "digit").empty() ? "face-64" : "digits";
  }
  return SetPreset(preset, options.preset_file, spec);
}

absl::StatusOr<v1::TrainingSpec> BaseSpec(const ExperimentOptions& options, const v1::Dataset& dataset) {
  v1::TrainingSpec spec;
  spec.set_dataset(dataset.name());
  RETURN_IF_ERROR(SetExperimentPreset(options, dataset, spec));
  RETURN_IF_ERROR(SetOverrides(options.overrides, options.steps, options.seed, *spec.mutable_overrides()));
  if (options.judge_steps > 0) spec.mutable_judge()->set_steps(options.judge_steps);
  return spec;
}

absl::StatusOr<v1::HoldOutRule> HighLevelRule(const ExperimentOptions& options, const v1::Dataset& dataset,
                                              int missing) {
  const int people = static_cast<int>(ClassesOf(dataset.schema(), "identity").size());
  const int expressions = static_cast<int>(ClassesOf(dataset.schema(), "expression").size());
  if (missing < 1 || missing >= expressions) {
    return absl::InvalidArgumentError(
        absl::StrCat("of ", expressions, " expressions a person can lose 1 to ", expressions - 1, ", not ", missing));
  }
  const int count = kPeopleAnExpression * expressions;
  if (people < count) {
    return TooFew(dataset, absl::StrCat("two people lose each of ", expressions, " expressions"), people, count);
  }
  v1::HoldOutRule rule = MakeRule(options, "high-level", {"identity"}, "expression", count);
  if (missing > 1) rule.set_each(missing);
  return rule;
}

absl::StatusOr<std::vector<v1::HoldOutRule>> LowLevelRules(const ExperimentOptions& options,
                                                           const v1::Dataset& dataset) {
  const int digits = static_cast<int>(ClassesOf(dataset.schema(), "digit").size());
  if (digits == 0) {
    const int people = static_cast<int>(ClassesOf(dataset.schema(), "identity").size());
    if (people <= kLowLevelPeople) {
      return TooFew(dataset, "two people lose transforms, and others keep them", people, kLowLevelPeople + 1);
    }
    v1::HoldOutRule rule = MakeRule(options, "missing-transform", {"identity"}, "transform", kLowLevelPeople);
    rule.set_each(kLowLevelTransforms);
    return std::vector<v1::HoldOutRule>{rule};
  }
  const int examples = digits * static_cast<int>(ClassesOf(dataset.schema(), "example").size());
  const int count = std::min(kMaxDigits, examples / 10);
  if (count == 0) return TooFew(dataset, "a tenth of the digits lose a colour", examples, 10);
  return std::vector<v1::HoldOutRule>{MakeRule(options, "missing-colour", {"digit", "example"}, "colour", count),
                                      MakeRule(options, "missing-both", {"digit", "example"}, "rotation", count)};
}

}  // namespace facet::cli
