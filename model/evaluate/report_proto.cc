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
    added->set_psnr_db(group.psnr_db);
    added->mutable_sample_images()->Add(group.sample_images.begin(), group.sample_images.end());
  }
  report.set_train_psnr_db(evaluation.train_psnr_db);
  AddAccuracies(evaluation.train, report.mutable_train());
  for (const Evaluation::Mix& mix : evaluation.mixes) {
    v1::MixReport* added = report.add_mixes();
    added->set_feature(mix.feature);
    added->set_image_count(mix.image_count);
    AddAccuracies(mix.kept, added->mutable_kept());
    added->set_parent_mass(mix.parent_mass);
    added->set_blend_distance(mix.blend_distance);
  }
  report.set_render_images_per_second(evaluation.render_images_per_second);
  return report;
}

}  // namespace facet::model
