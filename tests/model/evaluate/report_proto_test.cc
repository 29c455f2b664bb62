// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/report_proto.h"

#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(ReportProtoTest, CarriesEveryFigure) {
  Evaluation evaluation;
  evaluation.held_out.push_back({"no_red", 7, {{"digit", 0.5, 0.75}}, 21.5, {3, 9}});
  evaluation.train = {{"digit", 0.25, 1.0}};
  evaluation.mixes.push_back({"colour", 12, {{"digit", 0.125, 0.5}}, 0.875, 0.0625});
  evaluation.train_psnr_db = 30;
  evaluation.render_images_per_second = 1500;
  v1::EvaluationReport expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(held_out {
           rule: "no_red" cell_count: 7 accuracy { feature: "digit" synthetic: 0.5 real: 0.75 }
           psnr_db: 21.5 sample_images: [3, 9]
         }
         train_psnr_db: 30
         train { feature: "digit" synthetic: 0.25 real: 1 }
         mixes {
           feature: "colour" image_count: 12 kept { feature: "digit" synthetic: 0.125 real: 0.5 }
           parent_mass: 0.875 blend_distance: 0.0625
         }
         render_images_per_second: 1500)",
      &expected));
  const v1::EvaluationReport report = ReportToProto(evaluation);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(report, expected)) << report.DebugString();
}

}  // namespace
}  // namespace facet::model
