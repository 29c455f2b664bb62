// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison_proto.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace facet::model {
namespace {

TEST(ComparisonProtoTest, CarriesEveryFigure) {
  const FeatureSchema schema = *FeatureSchema::Create({{"identity", {"a", "b"}}, {"expression", {"ne", "ha"}}});
  ComparisonPlan plan;
  plan.feature = 1;
  plan.seeds = 2;
  Comparison comparison;
  comparison.synthetic = {30, 20, 7, 3};
  Comparison::Test baseline{"other", 4, {0.5, 0.75}, 0.625, std::nullopt};
  Comparison::Test test{
      "other", 4, {0.75, 1}, 0.875, Comparison::Test::Difference{0.25, -0.125, 0.5, 0.0625, {5, 1}, {0, 3}}};
  comparison.sources = {{TrainingSource::kOriginals, 10, {baseline}}, {TrainingSource::kMixup, 10, {test}}};
  v1::AugmentationReport expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(feature: "expression"
         sources {
           name: "originals" images: 10
           tests { name: "other" images: 4 accuracy: [0.5, 0.75] mean_accuracy: 0.625 }
         }
         sources {
           name: "mixup" images: 10
           tests {
             name: "other" images: 4 accuracy: [0.75, 1] mean_accuracy: 0.875
             difference: 0.25 difference_low: -0.125 difference_high: 0.5 mcnemar_p: 0.0625
             gained: [5, 1] lost: [0, 3]
           }
         }
         seeds: [1, 2]
         synthetic_rendered: 30 synthetic_kept: 20 dropped_confidence: 7 dropped_sharpness: 3)",
      &expected));
  const v1::AugmentationReport report = ReportToProto(comparison, plan, schema);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(report, expected)) << report.DebugString();
}

}  // namespace
}  // namespace facet::model
