// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/report_proto.h"

#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(ReportProtoTest, CarriesEveryFigure) {
  Evaluation evaluation;
  evaluation.held_out.push_back({"no_red",
                                 7,
                                 {{"digit", 0.5, 0.75, {}}},
                                 21.5,
                                 {3, 9},
                                 {0.5, 0.75, 0.25, 0.125, 1.5, {{"digit", 0.5, 0.25, 1}}}});
  evaluation.train = {{"digit", 0.25, 1.0, {}}};
  evaluation.mixes.push_back({"colour", 12, {{"digit", 0.125, 0.5, {}}}, 0.875, 0.0625, 0.03125, 1.25, 0.5});
  evaluation.train_psnr_db = 30;
  evaluation.train_measures.ssim = 0.875;
  evaluation.train_on_synthetic = {{"digit", 0.625, 0.75, {}}};
  evaluation.history = {true, 32, {"digit", "colour"}, {0.75, 1}, {{100, {0.25, 0.5}}, {200, {0.5, 1}}}};
  evaluation.judge_seed = 9;
  evaluation.judge_train_images = 224;
  evaluation.render_images_per_second = 1500;
  v1::EvaluationReport expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(held_out {
           rule: "no_red" cell_count: 7 accuracy { feature: "digit" synthetic: 0.5 real: 0.75 }
           psnr_db: 21.5 sample_images: [3, 9]
           measures {
             ssim: 0.5 high_frequency_ratio: 0.75 kernel_distance: 0.25 nearest_distance: 0.125
             real_nearest_distance: 1.5
             likeness { feature: "digit" cosine: 0.5 rank_one: 0.25 real_rank_one: 1 }
           }
         }
         train_psnr_db: 30 train_measures { ssim: 0.875 }
         train { feature: "digit" synthetic: 0.25 real: 1 }
         mixes {
           feature: "colour" image_count: 12 kept { feature: "digit" synthetic: 0.125 real: 0.5 }
           parent_mass: 0.875 blend_distance: 0.0625 rendered_blend_distance: 0.03125 smoothness: 1.25
           nearest_distance: 0.5
         }
         train_on_synthetic { feature: "digit" synthetic: 0.625 real: 0.75 }
         history {
           held_out: true image_count: 32 features: ["digit", "colour"] real: [0.75, 1]
           points { step: 100 accuracy: [0.25, 0.5] }
           points { step: 200 accuracy: [0.5, 1] }
         }
         judge_seed: 9 judge_train_images: 224
         render_images_per_second: 1500)",
      &expected));
  const v1::EvaluationReport report = ReportToProto(evaluation);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(report, expected)) << report.DebugString();
}

TEST(ReportProtoTest, PartsAreBesideTheirFeature) {
  Evaluation evaluation;
  evaluation.train = {{"transform", 0.5, 0.625, {{"turn", 0.75, 1}, {"mirroring", 0.25, 0.5}}}, {"identity", 1, 1, {}}};
  const v1::EvaluationReport report = ReportToProto(evaluation);
  ASSERT_EQ(report.train_size(), 2) << "one for each feature";
  ASSERT_EQ(report.train(0).parts_size(), 2);
  EXPECT_EQ(report.train(0).synthetic(), 0.5);
  EXPECT_EQ(report.train(0).parts(1).name(), "mirroring");
  EXPECT_EQ(report.train(0).parts(1).synthetic(), 0.25);
  EXPECT_EQ(report.train(0).parts(1).real(), 0.5);
  EXPECT_EQ(report.train(1).parts_size(), 0);
}

TEST(ReportProtoTest, WhatWasNotMeasuredIsAbsent) {
  Evaluation evaluation;
  evaluation.held_out.emplace_back();
  const v1::EvaluationReport report = ReportToProto(evaluation);
  EXPECT_FALSE(report.has_train_psnr_db());
  EXPECT_FALSE(report.held_out(0).has_psnr_db());
}

}  // namespace
}  // namespace facet::model
