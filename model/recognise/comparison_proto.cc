// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison_proto.h"

#include <string>

namespace facet::model {
namespace {

void SetTest(const Comparison::Test& test, v1::AugmentationReport::Test* out) {
  out->set_name(test.name);
  out->set_images(test.images);
  *out->mutable_accuracy() = {test.accuracy.begin(), test.accuracy.end()};
  out->set_mean_accuracy(test.mean_accuracy);
  if (!test.difference.has_value()) return;
  out->set_difference(test.difference->mean);
  out->set_difference_low(test.difference->low);
  out->set_difference_high(test.difference->high);
  out->set_mcnemar_p(test.difference->mcnemar_p);
  *out->mutable_gained() = {test.difference->gained.begin(), test.difference->gained.end()};
  *out->mutable_lost() = {test.difference->lost.begin(), test.difference->lost.end()};
}

}  // namespace

v1::AugmentationReport ReportToProto(const Comparison& comparison, const ComparisonPlan& plan,
                                     const FeatureSchema& schema) {
  v1::AugmentationReport report;
  report.set_feature(schema.features()[plan.feature].name);
  for (const Comparison::Source& source : comparison.sources) {
    v1::AugmentationReport::Source* added = report.add_sources();
    added->set_name(std::string(SourceName(source.source)));
    added->set_images(source.images);
    for (const Comparison::Test& test : source.tests) SetTest(test, added->add_tests());
  }
  for (int seed = 1; seed <= plan.seeds; ++seed) report.add_seeds(seed);
  report.set_synthetic_rendered(comparison.synthetic.rendered);
  report.set_synthetic_kept(comparison.synthetic.kept);
  report.set_dropped_confidence(comparison.synthetic.dropped_confidence);
  report.set_dropped_sharpness(comparison.synthetic.dropped_sharpness);
  return report;
}

}  // namespace facet::model
