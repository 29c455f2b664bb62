// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/resolve_comparison.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/recognise/pair_grid.h"

namespace facet::model {
namespace {

constexpr int kMaxSteps = 10'000'000;
constexpr int kMaxBatch = 4096;
constexpr int kMaxSeeds = 100;
constexpr int kMaxTests = 100;
constexpr size_t kMaxName = 63;
constexpr char kAllTests[] = "all";
// More than any disk or patience holds; memory sets the limit that matters.
constexpr double kMaxSynthetic = 1e8;

absl::Status CheckInteger(const char* field, int value, int high) {
  if (value >= 0 && value <= high) return absl::OkStatus();
  return InvalidField(field, "OUT_OF_RANGE",
                      absl::StrCat(field, " is ", value, "; it must be in [1, ", high, "], or 0 for the default"));
}

absl::Status CheckNumber(const char* field, double value, double high, bool below_high = false) {
  if (value >= 0 && (below_high ? value < high : value <= high)) return absl::OkStatus();
  return InvalidField(field, "OUT_OF_RANGE",
                      absl::StrCat(field, " is ", value, "; it must be in [0, ", high, below_high ? ")" : "]"));
}

// A feature with something to tell apart.
absl::StatusOr<int> FindTaskFeature(const char* field, const std::string& name, const FeatureSchema& schema) {
  if (name.empty()) return InvalidField(field, "REQUIRED", absl::StrCat("name the ", field));
  const auto feature = schema.FindFeature(name);
  if (!feature.ok()) return PrefixField(feature.status(), field);
  if (schema.features()[*feature].classes.size() >= 2) return *feature;
  return InvalidField(field, "ONE_CLASS", absl::StrCat("feature '", name, "' has one class only"));
}

bool IsTestName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName && absl::ascii_islower(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-'; });
}

absl::StatusOr<std::vector<std::string>> ResolveTests(const v1::AugmentationTask& task) {
  if (task.tests().empty()) return InvalidField("tests", "REQUIRED", "name at least one data set to test on");
  if (task.tests_size() > kMaxTests) {
    return InvalidField("tests", "OUT_OF_RANGE",
                        absl::StrCat("there are ", task.tests_size(), " tests; at most ", kMaxTests, " are allowed"));
  }
  std::vector<std::string> names;
  for (int i = 0; i < task.tests_size(); ++i) {
    const std::string& name = task.tests(i).name();
    const std::string field = absl::StrCat("tests[", i, "].name");
    if (!IsTestName(name) || name == kAllTests) {
      return InvalidField(field, "INVALID_ID",
                          "the name of a test must match [a-z][a-z0-9_-]{0,62}, and 'all' is taken");
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return InvalidField(field, "DOUBLED", absl::StrCat("two tests are named '", name, "'"));
    }
    names.push_back(name);
  }
  return names;
}

absl::StatusOr<std::vector<TrainingSource>> ResolveSources(const v1::AugmentationTask& task) {
  if (task.sources().empty()) {
    return std::vector<TrainingSource>{TrainingSource::kOriginals, TrainingSource::kFlipsAndRotations,
                                       TrainingSource::kMixup, TrainingSource::kSynthetic};
  }
  std::vector<TrainingSource> sources;
  std::set<int> seen;
  for (int i = 0; i < task.sources_size(); ++i) {
    const int source = task.sources(i);
    const std::string field = absl::StrCat("sources[", i, "]");
    if (source < v1::TRAINING_SOURCE_ORIGINALS || source > v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC) {
      return InvalidField(field, "OUT_OF_RANGE", absl::StrCat("there is no training source ", source));
    }
    if (!seen.insert(source).second) return InvalidField(field, "DOUBLED", "a source is named twice");
    // In the order of the message's.
    sources.push_back(static_cast<TrainingSource>(source - v1::TRAINING_SOURCE_ORIGINALS));
  }
  return sources;
}

absl::StatusOr<SyntheticFilter> ResolveFilter(const v1::SyntheticFilter& proto) {
  SyntheticFilter filter;
  RETURN_IF_ERROR(CheckNumber("min_confidence", proto.min_confidence(), 1, /*below_high=*/true));
  if (proto.min_confidence() > 0) filter.min_confidence = proto.min_confidence();
  RETURN_IF_ERROR(CheckNumber("min_sharpness", proto.min_sharpness(), 1e9));
  if (proto.min_sharpness() > 0) filter.min_sharpness = proto.min_sharpness();
  RETURN_IF_ERROR(CheckNumber("max_sharpness", proto.max_sharpness(), 1e9));
  if (proto.max_sharpness() > 0) filter.max_sharpness = proto.max_sharpness();
  if (filter.min_sharpness < filter.max_sharpness) return filter;
  return InvalidField("max_sharpness", "OUT_OF_RANGE",
                      absl::StrCat("the band from ", filter.min_sharpness, " to ", filter.max_sharpness, " is empty"));
}

absl::Status ResolveTraining(const v1::AugmentationTask& task, ComparisonPlan& plan) {
  RETURN_IF_ERROR(CheckInteger("seeds", task.seeds(), kMaxSeeds));
  if (task.seeds() != 0) plan.seeds = task.seeds();
  RETURN_IF_ERROR(CheckInteger("steps", task.steps(), kMaxSteps));
  if (task.steps() != 0) plan.steps = task.steps();
  RETURN_IF_ERROR(CheckInteger("batch_size", task.batch_size(), kMaxBatch));
  if (task.batch_size() != 0) plan.batch_size = task.batch_size();
  RETURN_IF_ERROR(CheckNumber("learning_rate", task.learning_rate(), 1));
  if (task.learning_rate() != 0) plan.learning_rate = task.learning_rate();
  RETURN_IF_ERROR(CheckNumber("weight_decay", task.weight_decay(), 1));
  if (task.has_weight_decay()) plan.weight_decay = task.weight_decay();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ComparisonPlan> ResolveComparison(const v1::AugmentationTask& task, const FeatureSchema& schema) {
  ComparisonPlan plan;
  ASSIGN_OR_RETURN(plan.feature, FindTaskFeature("feature", task.feature(), schema));
  ASSIGN_OR_RETURN(plan.mix_feature, FindTaskFeature("mix_feature", task.mix_feature(), schema));
  if (plan.mix_feature == plan.feature) {
    return InvalidField("mix_feature", "SAME_FEATURE", "what is mixed cannot be what is recognised");
  }
  ASSIGN_OR_RETURN(plan.tests, ResolveTests(task));
  ASSIGN_OR_RETURN(plan.sources, ResolveSources(task));
  RETURN_IF_ERROR(ResolveTraining(task, plan));
  auto filter = ResolveFilter(task.filter());
  if (!filter.ok()) return PrefixField(filter.status(), "filter");
  plan.filter = *filter;
  const double synthetic = PairGrid::Count(schema, plan.mix_feature);
  if (plan.needs_synthetic() && synthetic > kMaxSynthetic) {
    return InvalidField("mix_feature", "TOO_MANY_IMAGES",
                        absl::StrCat("mixing '", task.mix_feature(), "' makes ", synthetic,
                                     " images of all combinations; at most ", kMaxSynthetic, " are allowed"));
  }
  return plan;
}

}  // namespace facet::model
