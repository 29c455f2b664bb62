// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/augmentation_plan.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/text_message.h"

namespace facet::cli {
namespace {

constexpr int kShareOfOthers = 14;  // 5 of the paper's 70
constexpr int kFewestOthers = 2;    // a data set has two people at least

// What v1.AugmentationTask says for what is left out.
constexpr v1::TrainingSource kSources[] = {v1::TRAINING_SOURCE_ORIGINALS, v1::TRAINING_SOURCE_FLIPS_AND_ROTATIONS,
                                           v1::TRAINING_SOURCE_MIXUP, v1::TRAINING_SOURCE_SYNTHETIC};
constexpr int kSeeds = 3;
constexpr int kSteps = 40000;
constexpr int kBatchSize = 64;
constexpr float kLearningRate = 2e-4F;
constexpr float kWeightDecay = 5e-4F;
constexpr double kMinConfidence = 0.5;
constexpr double kMinSharpness = 0.4;
constexpr double kMaxSharpness = 2.5;
constexpr char kAllTests[] = "all";  // of all tests together

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

absl::Status SetSources(const std::vector<std::string>& names, v1::AugmentationTask& task) {
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const v1::TrainingSource source, ParseSource(name));
    if (absl::c_linear_search(task.sources(), source)) {
      return absl::InvalidArgumentError(absl::StrCat("--sources names '", name, "' twice"));
    }
    task.add_sources(source);
  }
  if (!names.empty()) return absl::OkStatus();
  for (const v1::TrainingSource source : kSources) task.add_sources(source);
  return absl::OkStatus();
}

absl::Status SetFilter(const std::vector<std::string>& texts, v1::SyntheticFilter& filter) {
  filter.set_min_confidence(kMinConfidence);
  filter.set_min_sharpness(kMinSharpness);
  filter.set_max_sharpness(kMaxSharpness);
  for (const std::string& text : texts) {
    v1::SyntheticFilter fields;
    RETURN_IF_ERROR(ParseTextMessage(text, absl::StrCat("--filter '", text, "'"), fields));
    filter.MergeFrom(fields);
  }
  if (!(filter.min_confidence() > 0 && filter.min_confidence() < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--filter: min_confidence is ", filter.min_confidence(), "; it must be in (0, 1)"));
  }
  if (filter.min_sharpness() > 0 && filter.min_sharpness() < filter.max_sharpness()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--filter: the band of sharpness from ", filter.min_sharpness(),
                                                 " to ", filter.max_sharpness(), " lets nothing through"));
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

absl::StatusOr<TestNames> ParseTests(const ExperimentOptions& options) {
  TestNames tests;
  for (const std::string& test : options.tests) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(test, absl::MaxSplits('=', 1));
    const auto& [name, dataset] = parts;
    if (dataset.empty()) return absl::InvalidArgumentError(absl::StrCat("--test '", test, "' is not NAME=DATASET"));
    // As in ids; a test's name may have underscores besides.
    RETURN_IF_ERROR(ValidateId(absl::StrReplaceAll(name, {{"_", "-"}}), "the name of a --test"));
    const bool taken = absl::c_any_of(tests, [&](const auto& other) { return other.first == name; });
    if (taken || name == kAllTests) {
      return absl::InvalidArgumentError(absl::StrCat("--test '", test, "': the name '", name, "' is taken"));
    }
    tests.push_back(parts);
  }
  return tests;
}

absl::StatusOr<v1::TrainingSpec> AugmentationSpec(const ExperimentOptions& options) {
  v1::TrainingSpec spec;
  v1::AugmentationTask& task = *spec.mutable_augmentation();
  task.set_feature("expression");
  task.set_mix_feature("identity");
  RETURN_IF_ERROR(SetSources(options.sources, task));
  task.set_seeds(options.recogniser_seeds > 0 ? options.recogniser_seeds : kSeeds);
  task.set_steps(options.recogniser_steps > 0 ? options.recogniser_steps : kSteps);
  task.set_batch_size(kBatchSize);
  task.set_learning_rate(kLearningRate);
  task.set_weight_decay(kWeightDecay);
  if (NeedsSynthetic(task)) {
    RETURN_IF_ERROR(SetFilter(options.filter, *task.mutable_filter()));
  } else if (!options.filter.empty()) {
    return absl::InvalidArgumentError("--filter is for synthetic images, and none of --sources is synthetic");
  }
  if (options.judge_steps > 0) spec.mutable_judge()->set_steps(options.judge_steps);
  return spec;
}

bool NeedsSynthetic(const v1::AugmentationTask& task) {
  return absl::c_any_of(task.sources(), [](int source) {
    return source == v1::TRAINING_SOURCE_SYNTHETIC || source == v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC;
  });
}

absl::Status CheckTests(const v1::AugmentationTask& task, const v1::Dataset& training, const TestSets& tests) {
  const std::vector<std::string> learnt = ClassesOf(training.schema(), task.feature());
  for (const auto& [name, dataset] : tests) {
    const std::string test = absl::StrCat("test '", name, "': ", dataset.name());
    if (dataset.height() != training.height() || dataset.width() != training.width()) {
      return absl::InvalidArgumentError(absl::StrCat(test, " has images of ", dataset.width(), " x ", dataset.height(),
                                                     ", and ", training.name(), " of ", training.width(), " x ",
                                                     training.height()));
    }
    for (const std::string& shown : ClassesOf(dataset.schema(), task.feature())) {
      if (absl::c_linear_search(learnt, shown)) continue;
      return absl::InvalidArgumentError(absl::StrCat(test, " shows the ", task.feature(), " '", shown, "', which ",
                                                     training.name(), " does not: ", absl::StrJoin(learnt, ", "),
                                                     ". Test on images of what recognisers learn"));
    }
  }
  return absl::OkStatus();
}

}  // namespace facet::cli
