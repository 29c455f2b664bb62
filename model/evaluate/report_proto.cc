// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/report_proto.h"

#include <vector>

namespace facet::model {
namespace {

void AddAccuracies(const std::vector<FeatureAccuracy>& accuracies,
                   google::protobuf::RepeatedPtrField<v1::FeatureAccuracy>* out) {
  for (const FeatureAccuracy& accuracy : accuracies) {
    v1::FeatureAccuracy* added = out->Add();
    added->set_feature(accuracy.feature);
    added->set_synthetic(accuracy.synthetic);
    added->set_real(accuracy.real);
    for (const FeatureAccuracy::Part& part : accuracy.parts) {
      v1::FeatureAccuracy::Part* added_part = added->add_parts();
      added_part->set_name(part.name);
      added_part->set_synthetic(part.synthetic);
      added_part->set_real(part.real);
    }
  }
}

void SetMeasures(const ImageMeasures& measures, v1::ImageMeasures* out) {
  out->set_ssim(measures.ssim);
  out->set_high_frequency_ratio(measures.high_frequency_ratio);
  out->set_kernel_distance(measures.kernel_distance);
  out->set_nearest_distance(measures.nearest_distance);
  out->set_real_nearest_distance(measures.real_nearest_distance);
  for (const FeatureLikeness& likeness : measures.likeness) {
    v1::FeatureLikeness* added = out->add_likeness();
    added->set_feature(likeness.feature);
    added->set_cosine(likeness.cosine);
    added->set_rank_one(likeness.rank_one);
    added->set_real_rank_one(likeness.real_rank_one);
  }
}

void SetHistory(const AccuracyHistory& history, v1::AccuracyHistory* out) {
  out->set_held_out(history.held_out);
  out->set_image_count(history.image_count);
  out->mutable_features()->Add(history.features.begin(), history.features.end());
  out->mutable_real()->Add(history.real.begin(), history.real.end());
  for (const AccuracyHistory::Point& point : history.points) {
    v1::AccuracyHistory::Point* added = out->add_points();
    added->set_step(point.step);
    added->mutable_accuracy()->Add(point.accuracy.begin(), point.accuracy.end());
  }
}

}  // namespace

v1::EvaluationReport ReportToProto(const Evaluation& evaluation) {
  v1::EvaluationReport report;
  for (const Evaluation::HeldOut& group : evaluation.held_out) {
    v1::HeldOutReport* added = report.add_held_out();
    added->set_rule(group.rule);
    added->set_cell_count(group.cell_count);
    AddAccuracies(group.accuracy, added->mutable_accuracy());
    if (group.psnr_db.has_value()) added->set_psnr_db(*group.psnr_db);
    added->mutable_sample_images()->Add(group.sample_images.begin(), group.sample_images.end());
    SetMeasures(group.measures, added->mutable_measures());
  }
  if (evaluation.train_psnr_db.has_value()) report.set_train_psnr_db(*evaluation.train_psnr_db);
  AddAccuracies(evaluation.train, report.mutable_train());
  SetMeasures(evaluation.train_measures, report.mutable_train_measures());
  for (const Evaluation::Mix& mix : evaluation.mixes) {
    v1::MixReport* added = report.add_mixes();
    added->set_feature(mix.feature);
    added->set_image_count(mix.image_count);
    AddAccuracies(mix.kept, added->mutable_kept());
    added->set_parent_mass(mix.parent_mass);
    added->set_blend_distance(mix.blend_distance);
    added->set_smoothness(mix.smoothness);
    added->set_nearest_distance(mix.nearest_distance);
    added->set_rendered_blend_distance(mix.rendered_blend_distance);
  }
  AddAccuracies(evaluation.train_on_synthetic, report.mutable_train_on_synthetic());
  if (evaluation.history.has_value()) SetHistory(*evaluation.history, report.mutable_history());
  report.set_judge_seed(evaluation.judge_seed);
  report.set_judge_train_images(evaluation.judge_train_images);
  report.set_render_images_per_second(evaluation.render_images_per_second);
  return report;
}

}  // namespace facet::model
