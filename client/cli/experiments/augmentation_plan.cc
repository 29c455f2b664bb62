// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/augmentation_plan.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet::cli {
namespace {

constexpr int kShareOfOthers = 14;  // 5 of the paper's 70
constexpr int kFewestOthers = 2;    // a data set has two people at least

// "flips-and-rotations".
std::string SourceName(int number) {
  const std::string name = v1::TrainingSource_Name(static_cast<v1::TrainingSource>(number));
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, "TRAINING_SOURCE_")), {{"_", "-"}});
}

absl::StatusOr<v1::TrainingSource> ParseSource(const std::string& text) {
  std::vector<std::string> names;
  for (int i = v1::TRAINING_SOURCE_UNSPECIFIED + 1; v1::TrainingSource_IsValid(i); ++i) {
    names.push_back(SourceName(i));
    if (names.back() == text) return static_cast<v1::TrainingSource>(i);
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no source '", text, "'. ", SuggestNames(text, names)));
}

}  // namespace

absl::StatusOr<AugmentationImports> PlanAugmentationImports(const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> people, ChoosePeople(options));
  const int all = static_cast<int>(people.size());
  const int others = std::max(kFewestOthers, all / kShareOfOthers);
  if (all - others < 2) {
    return absl::FailedPreconditionError(
        absl::StrCat("augmentation learns from some people and is tested on others: 4 are needed, there are ", all));
  }
  FaceChoice choice;
  choice.sessions = {options.session};
  choice.expressions = options.expressions;
  if (choice.expressions.empty()) choice.expressions = {"AN", "DI", "HA", "NE", "SU"};
  choice.transforms = {"r0"};
  choice.people = {people.begin(), people.end() - others};
  AugmentationImports imports;
  ASSIGN_OR_RETURN(imports.training, PlanFaces(options, options.name + "-faces", choice));
  choice.sessions = {options.session == "A" ? "B" : "A"};
  ASSIGN_OR_RETURN(imports.other_session, PlanFaces(options, options.name + "-other-session", choice));
  choice.sessions = {"A", "B"};
  choice.people = {people.end() - others, people.end()};
  ASSIGN_OR_RETURN(imports.other_people, PlanFaces(options, options.name + "-other-people", choice));
  return imports;
}

absl::StatusOr<v1::TrainingSpec> AugmentationSpec(const ExperimentOptions& options, const std::string& dataset,
                                                  const std::string& model,
                                                  const std::vector<std::pair<std::string, std::string>>& tests) {
  v1::TrainingSpec spec;
  spec.set_dataset(dataset);
  v1::AugmentationTask& task = *spec.mutable_augmentation();
  task.set_model(model);
  task.set_feature("expression");
  task.set_mix_feature("identity");
  for (const auto& [name, images] : tests) {
    auto& test = *task.add_tests();
    test.set_name(name);
    test.set_dataset(images);
  }
  for (const std::string& source : options.sources) {
    ASSIGN_OR_RETURN(const v1::TrainingSource parsed, ParseSource(source));
    task.add_sources(parsed);
  }
  task.set_seeds(options.recogniser_seeds);
  task.set_steps(options.recogniser_steps);
  if (options.judge_steps > 0) spec.mutable_judge()->set_steps(options.judge_steps);
  return spec;
}

}  // namespace facet::cli
