// SPDX-License-Identifier: Apache-2.0
#include "model/preset/preset.h"

namespace facet::model {
namespace {

v1::UpdateRule ToProto(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kReal:
      return v1::UPDATE_RULE_REAL;
    case UpdateRule::kJoint:
      return v1::UPDATE_RULE_JOINT;
    case UpdateRule::kBoth:
      return v1::UPDATE_RULE_BOTH;
    case UpdateRule::kPixels:
      return v1::UPDATE_RULE_PIXELS;
  }
  return v1::UPDATE_RULE_UNSPECIFIED;
}

v1::PixelDistance ToProto(PixelDistance distance) {
  switch (distance) {
    case PixelDistance::kSquared:
      return v1::PIXEL_DISTANCE_SQUARED;
    case PixelDistance::kAbsolute:
      return v1::PIXEL_DISTANCE_ABSOLUTE;
    case PixelDistance::kCharbonnier:
      return v1::PIXEL_DISTANCE_CHARBONNIER;
  }
  return v1::PIXEL_DISTANCE_UNSPECIFIED;
}

v1::Precision ToProto(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return v1::PRECISION_FLOAT32;
    case Precision::kMixed:
      return v1::PRECISION_MIXED;
  }
  return v1::PRECISION_UNSPECIFIED;
}

v1::ScheduleKind ToProto(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::kPaper:
      return v1::SCHEDULE_KIND_PAPER;
    case ScheduleKind::kStep:
      return v1::SCHEDULE_KIND_STEP;
    case ScheduleKind::kCosine:
      return v1::SCHEDULE_KIND_COSINE;
  }
  return v1::SCHEDULE_KIND_UNSPECIFIED;
}

void SetLayers(const GeneratorShape& shape, v1::GeneratorSpec& spec) {
  spec.set_image_size(shape.image_size());
  for (size_t i = 0; i < shape.layers.size(); ++i) {
    v1::TransposedConvolution& layer = *spec.mutable_layers(static_cast<int>(i));
    layer.set_kernel(shape.layers[i].kernel);
    layer.set_padding(shape.layers[i].padding);
  }
}

v1::Schedule ToProto(const SchedulePlan& plan) {
  v1::Schedule schedule;
  schedule.set_kind(ToProto(plan.kind));
  schedule.set_interval(plan.interval);
  schedule.set_factor(static_cast<float>(plan.factor));
  schedule.set_floor(static_cast<float>(plan.floor));
  schedule.set_warmup_steps(plan.warmup_steps);
  return schedule;
}

void SetLosses(const TrainingPlan& plan, const ClassifierShape& classifier, const FeatureSchema& schema,
               v1::TrainingOptions& options) {
  options.set_update_rule(ToProto(plan.update_rule));
  options.set_pixel_weight(static_cast<float>(plan.pixel_weight));
  options.set_pixel_distance(ToProto(plan.pixel_distance));
  options.set_feature_loss_weight(static_cast<float>(plan.feature_loss_weight));
  options.clear_feature_weights();
  for (int i = 0; i < schema.size(); ++i) {
    // Weight 0 by name would take the head away.
    if (plan.class_weights[i] == 0 && classifier.has_head(i)) continue;
    v1::FeatureLossWeight& weight = *options.add_feature_weights();
    weight.set_feature(schema.features()[i].name);
    weight.set_weight(static_cast<float>(plan.class_weights[i]));
  }
  options.set_class_weight(0);
}

void SetOptimiser(const TrainingPlan& plan, v1::TrainingOptions& options) {
  options.set_learning_rate(static_cast<float>(plan.learning_rate));
  options.set_classifier_learning_rate(static_cast<float>(plan.classifier_learning_rate));
  options.set_beta1(static_cast<float>(plan.beta1));
  options.set_beta2(static_cast<float>(plan.beta2));
  options.set_epsilon(static_cast<float>(plan.epsilon));
  options.set_precision(ToProto(plan.precision));
  options.set_average_decay(static_cast<float>(plan.average_decay));
  *options.mutable_schedule() = ToProto(plan.schedule);
}

void SetRun(const TrainingPlan& plan, const FeatureSchema& schema, v1::TrainingOptions& options) {
  options.set_steps(plan.steps);
  options.set_batch_size(plan.batch_size);
  options.set_seed(plan.seed);
  options.set_classifier_warmup_steps(plan.classifier_warmup_steps);
  options.set_classifier_interval(plan.classifier_interval);
  options.set_mix_share(static_cast<float>(plan.mix_share));
  if (plan.mix_feature >= 0) options.set_mix_feature(schema.features()[plan.mix_feature].name);
  options.set_mix_parents(plan.mix_parents);
  options.set_mix_ratio_min(static_cast<float>(plan.mix_ratio_min));
  options.set_mix_ratio_max(static_cast<float>(plan.mix_ratio_max));
  options.set_analogy_share(static_cast<float>(plan.analogy_share));
  if (plan.analogy_feature >= 0) options.set_analogy_feature(schema.features()[plan.analogy_feature].name);
  options.set_analogy_neighbours(plan.analogy_neighbours);
  options.set_checkpoint_interval(plan.checkpoint_interval);
  options.set_threads(plan.threads);
}

}  // namespace

v1::Preset ResolvedPreset(const v1::Preset& preset, const NetPlan& plan, const FeatureSchema& schema) {
  v1::Preset resolved = preset;
  SetLayers(plan.generator, *resolved.mutable_generator());
  v1::TrainingOptions& options = *resolved.mutable_training();
  SetRun(plan.training, schema, options);
  SetLosses(plan.training, plan.classifier, schema, options);
  SetOptimiser(plan.training, options);
  v1::JudgeOptions& judge = *resolved.mutable_judge();
  judge.set_steps(plan.judge.steps);
  judge.set_batch_size(plan.judge.batch_size);
  judge.set_learning_rate(static_cast<float>(plan.judge.learning_rate));
  judge.set_seed(plan.judge.seed);
  judge.set_precision(ToProto(plan.judge.precision));
  judge.set_train_on_synthetic(plan.judge.train_on_synthetic);
  return resolved;
}

}  // namespace facet::model
