// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/preset/field_check.h"
#include "model/preset/resolve.h"

namespace facet::model {
namespace {

constexpr int kMaxSteps = 10'000'000;
constexpr int kMaxBatch = 4096;
constexpr int kMaxNeighbours = 1024;
constexpr double kMaxWeight = 1e6;
constexpr double kDefaultClassWeight = 10.0;

absl::StatusOr<UpdateRule> Rule(v1::UpdateRule rule) {
  switch (rule) {
    case v1::UPDATE_RULE_UNSPECIFIED:
    case v1::UPDATE_RULE_REAL:
      return UpdateRule::kReal;
    case v1::UPDATE_RULE_JOINT:
      return UpdateRule::kJoint;
    case v1::UPDATE_RULE_BOTH:
      return UpdateRule::kBoth;
    case v1::UPDATE_RULE_PIXELS:
      return UpdateRule::kPixels;
    default:
      return BadPreset("update_rule", absl::StrCat("is ", static_cast<int>(rule), ", which is none"));
  }
}

absl::StatusOr<PixelDistance> Distance(v1::PixelDistance distance) {
  switch (distance) {
    case v1::PIXEL_DISTANCE_UNSPECIFIED:
    case v1::PIXEL_DISTANCE_SQUARED:
      return PixelDistance::kSquared;
    case v1::PIXEL_DISTANCE_ABSOLUTE:
      return PixelDistance::kAbsolute;
    case v1::PIXEL_DISTANCE_CHARBONNIER:
      return PixelDistance::kCharbonnier;
    default:
      return BadPreset("pixel_distance", absl::StrCat("is ", static_cast<int>(distance), ", which is none"));
  }
}

absl::StatusOr<Precision> PrecisionOf(v1::Precision precision) {
  switch (precision) {
    case v1::PRECISION_UNSPECIFIED:
    case v1::PRECISION_FLOAT32:
      return Precision::kFloat32;
    case v1::PRECISION_MIXED:
      return Precision::kMixed;
    default:
      return BadPreset("precision", absl::StrCat("is ", static_cast<int>(precision), ", which is none"));
  }
}

absl::StatusOr<ScheduleKind> Kind(v1::ScheduleKind kind) {
  switch (kind) {
    case v1::SCHEDULE_KIND_PAPER:
      return ScheduleKind::kPaper;
    case v1::SCHEDULE_KIND_STEP:
      return ScheduleKind::kStep;
    case v1::SCHEDULE_KIND_COSINE:
      return ScheduleKind::kCosine;
    default:
      return BadPreset("kind", "must be SCHEDULE_KIND_PAPER, SCHEDULE_KIND_STEP or SCHEDULE_KIND_COSINE");
  }
}

absl::StatusOr<SchedulePlan> ResolveSchedule(const v1::Schedule& schedule, double learning_rate, int steps) {
  SchedulePlan plan;
  ASSIGN_OR_RETURN(plan.kind, Kind(schedule.kind()));
  RETURN_IF_ERROR(CheckInteger("interval", schedule.interval(), 0, kMaxSteps));
  if (schedule.interval() != 0) plan.interval = schedule.interval();
  RETURN_IF_ERROR(CheckBelowOne("factor", schedule.factor()));
  if (schedule.factor() != 0) plan.factor = schedule.factor();
  RETURN_IF_ERROR(CheckNumber("floor", schedule.floor(), 0, learning_rate));
  plan.floor = schedule.floor();
  RETURN_IF_ERROR(CheckInteger("warmup_steps", schedule.warmup_steps(), 0, steps));
  plan.warmup_steps = schedule.warmup_steps();
  return plan;
}

absl::StatusOr<std::vector<double>> ClassWeights(const v1::TrainingOptions& options, const FeatureSchema& schema) {
  const double common = options.has_class_weight() ? options.class_weight() : kDefaultClassWeight;
  RETURN_IF_ERROR(CheckNumber("class_weight", common, 0, kMaxWeight));
  std::vector<double> weights(schema.size(), common);
  std::set<int> seen;
  for (int i = 0; i < options.feature_weights_size(); ++i) {
    const v1::FeatureLossWeight& entry = options.feature_weights(i);
    const std::string field = absl::StrCat("feature_weights[", i, "]");
    ASSIGN_OR_RETURN(const int feature, FeatureNamed(absl::StrCat(field, ".feature"), entry.feature(), schema));
    if (!seen.insert(feature).second) return BadPreset(absl::StrCat(field, ".feature"), "is named twice");
    RETURN_IF_ERROR(CheckNumber(absl::StrCat(field, ".weight"), entry.weight(), 0, kMaxWeight));
    weights[feature] = entry.weight();
  }
  return weights;
}

absl::Status ResolveLosses(const v1::TrainingOptions& options, const FeatureSchema& schema, TrainingPlan& plan) {
  ASSIGN_OR_RETURN(plan.update_rule, Rule(options.update_rule()));
  if (options.has_pixel_weight()) plan.pixel_weight = options.pixel_weight();
  RETURN_IF_ERROR(CheckNumber("pixel_weight", plan.pixel_weight, 0, kMaxWeight));
  ASSIGN_OR_RETURN(plan.pixel_distance, Distance(options.pixel_distance()));
  ASSIGN_OR_RETURN(plan.class_weights, ClassWeights(options, schema));
  plan.feature_loss_weight = options.feature_loss_weight();
  return CheckNumber("feature_loss_weight", plan.feature_loss_weight, 0, kMaxWeight);
}

absl::Status ResolveOptimiser(const v1::TrainingOptions& options, TrainingPlan& plan) {
  if (options.has_learning_rate()) plan.learning_rate = options.learning_rate();
  RETURN_IF_ERROR(CheckPositive("learning_rate", plan.learning_rate, 1));
  plan.classifier_learning_rate =
      options.has_classifier_learning_rate() ? options.classifier_learning_rate() : plan.learning_rate;
  RETURN_IF_ERROR(CheckPositive("classifier_learning_rate", plan.classifier_learning_rate, 1));
  if (options.has_beta1()) plan.beta1 = options.beta1();
  RETURN_IF_ERROR(CheckBelowOne("beta1", plan.beta1));
  if (options.has_beta2()) plan.beta2 = options.beta2();
  RETURN_IF_ERROR(CheckBelowOne("beta2", plan.beta2));
  if (options.has_epsilon()) plan.epsilon = options.epsilon();
  RETURN_IF_ERROR(CheckPositive("epsilon", plan.epsilon, 1));
  ASSIGN_OR_RETURN(plan.precision, PrecisionOf(options.precision()));
  plan.average_decay = options.average_decay();
  RETURN_IF_ERROR(CheckBelowOne("average_decay", plan.average_decay));
  if (!options.has_schedule()) return absl::OkStatus();
  auto schedule = ResolveSchedule(options.schedule(), plan.learning_rate, plan.steps);
  if (!schedule.ok()) return PrefixField(schedule.status(), "schedule");
  plan.schedule = *schedule;
  return absl::OkStatus();
}

// How many images are blended, and how.
absl::Status ResolveMixture(const v1::TrainingOptions& options, TrainingPlan& plan) {
  if (options.mix_parents() != 0) plan.mix_parents = options.mix_parents();
  RETURN_IF_ERROR(CheckInteger("mix_parents", plan.mix_parents, 2, 3));
  if (options.has_mix_ratio_min()) plan.mix_ratio_min = options.mix_ratio_min();
  if (options.has_mix_ratio_max()) plan.mix_ratio_max = options.mix_ratio_max();
  RETURN_IF_ERROR(CheckNumber("mix_ratio_min", plan.mix_ratio_min, 0, 1));
  RETURN_IF_ERROR(CheckNumber("mix_ratio_max", plan.mix_ratio_max, plan.mix_ratio_min, 1));
  if (plan.mix_parents == 2 || plan.mix_ratio_min > 0) return absl::OkStatus();
  return BadPreset("mix_ratio_min", "must be over 0 where three parents are mixed");
}

// Of a feature in which images are to differ.
absl::Status CheckClasses(absl::string_view field, const Feature& feature) {
  if (feature.classes.size() > 1) return absl::OkStatus();
  return BadPreset(field, absl::StrCat("is '", feature.name, "', which has one class only"));
}

absl::Status ResolveMixing(const v1::TrainingOptions& options, const FeatureSchema& schema, TrainingPlan& plan) {
  plan.mix_share = options.mix_share();
  RETURN_IF_ERROR(CheckNumber("mix_share", plan.mix_share, 0, 1));
  RETURN_IF_ERROR(ResolveMixture(options, plan));
  if (options.mix_feature().empty()) {
    return plan.mix_share == 0 ? absl::OkStatus() : BadPreset("mix_feature", "must be given with mix_share");
  }
  ASSIGN_OR_RETURN(plan.mix_feature, FeatureNamed("mix_feature", options.mix_feature(), schema));
  return CheckClasses("mix_feature", schema.features()[plan.mix_feature]);
}

// After ResolveMixing.
absl::Status ResolveAnalogies(const v1::TrainingOptions& options, const FeatureSchema& schema, TrainingPlan& plan) {
  plan.analogy_share = options.analogy_share();
  RETURN_IF_ERROR(CheckNumber("analogy_share", plan.analogy_share, 0, 1));
  // Of floats: 0.2 and 0.8 are a little more than 1.
  if (plan.mix_share + plan.analogy_share > 1 + 1e-6) {
    return BadPreset("analogy_share", absl::StrCat("is ", plan.analogy_share, ", mix_share ", plan.mix_share,
                                                   "; they must be at most 1 together"));
  }
  if (options.analogy_neighbours() != 0) plan.analogy_neighbours = options.analogy_neighbours();
  RETURN_IF_ERROR(CheckInteger("analogy_neighbours", plan.analogy_neighbours, 1, kMaxNeighbours));
  if (options.analogy_feature().empty()) {
    return plan.analogy_share == 0 ? absl::OkStatus()
                                   : BadPreset("analogy_feature", "must be given with analogy_share");
  }
  ASSIGN_OR_RETURN(plan.analogy_feature, FeatureNamed("analogy_feature", options.analogy_feature(), schema));
  if (plan.mix_feature < 0) return BadPreset("mix_feature", "must be given with analogy_feature");
  if (plan.analogy_feature == plan.mix_feature) {
    return BadPreset("analogy_feature",
                     absl::StrCat("is '", options.analogy_feature(), "', as mix_feature is; it must differ"));
  }
  return CheckClasses("analogy_feature", schema.features()[plan.analogy_feature]);
}

absl::Status ResolveRun(const v1::TrainingOptions& options, TrainingPlan& plan) {
  plan.steps = options.steps();
  RETURN_IF_ERROR(CheckInteger("steps", plan.steps, 1, kMaxSteps));
  if (options.has_batch_size()) plan.batch_size = options.batch_size();
  RETURN_IF_ERROR(CheckInteger("batch_size", plan.batch_size, 1, kMaxBatch));
  plan.seed = options.seed();
  plan.classifier_warmup_steps = options.classifier_warmup_steps();
  RETURN_IF_ERROR(CheckInteger("classifier_warmup_steps", plan.classifier_warmup_steps, 0, plan.steps - 1));
  RETURN_IF_ERROR(CheckInteger("classifier_interval", options.classifier_interval(), 0, kMaxSteps));
  plan.classifier_interval = std::max(1, options.classifier_interval());
  RETURN_IF_ERROR(CheckInteger("checkpoint_interval", options.checkpoint_interval(), 0, kMaxSteps));
  if (options.checkpoint_interval() != 0) plan.checkpoint_interval = options.checkpoint_interval();
  plan.threads = options.threads();
  return CheckInteger("threads", plan.threads, 0, 1024);
}

}  // namespace

absl::StatusOr<TrainingPlan> ResolveTraining(const v1::TrainingOptions& options, const FeatureSchema& schema) {
  TrainingPlan plan;
  RETURN_IF_ERROR(ResolveRun(options, plan));
  RETURN_IF_ERROR(ResolveLosses(options, schema, plan));
  RETURN_IF_ERROR(ResolveOptimiser(options, plan));
  RETURN_IF_ERROR(ResolveMixing(options, schema, plan));
  RETURN_IF_ERROR(ResolveAnalogies(options, schema, plan));
  return plan;
}

absl::StatusOr<JudgePlan> ResolveJudge(const v1::JudgeOptions& options, const TrainingPlan& training) {
  JudgePlan plan;
  RETURN_IF_ERROR(CheckInteger("steps", options.steps(), 0, kMaxSteps));
  plan.steps = options.steps();
  RETURN_IF_ERROR(CheckInteger("batch_size", options.batch_size(), 0, kMaxBatch));
  if (options.batch_size() != 0) plan.batch_size = options.batch_size();
  RETURN_IF_ERROR(CheckNumber("learning_rate", options.learning_rate(), 0, 1));
  if (options.learning_rate() != 0) plan.learning_rate = options.learning_rate();
  plan.seed = options.seed() != 0 ? options.seed() : training.seed;
  ASSIGN_OR_RETURN(plan.precision, PrecisionOf(options.precision()));
  if (options.precision() == v1::PRECISION_UNSPECIFIED) plan.precision = training.precision;
  plan.train_on_synthetic = options.train_on_synthetic();
  return plan;
}

absl::StatusOr<std::vector<int>> HeadlessFeatures(const v1::TrainingOptions& options, const FeatureSchema& schema) {
  std::vector<int> headless;
  for (const v1::FeatureLossWeight& entry : options.feature_weights()) {
    if (entry.weight() != 0) continue;
    ASSIGN_OR_RETURN(const int feature, FeatureNamed("feature_weights", entry.feature(), schema));
    headless.push_back(feature);
  }
  std::sort(headless.begin(), headless.end());
  return headless;
}

}  // namespace facet::model
