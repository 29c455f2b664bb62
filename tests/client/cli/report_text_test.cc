// SPDX-License-Identifier: Apache-2.0
#include "client/cli/report_text.h"

#include "gmock/gmock.h"

namespace facet::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(FormatReportTest, SaysWhatTheJudgeSaid) {
  v1::EvaluationReport report;
  v1::HeldOutReport& held_out = *report.add_held_out();
  held_out.set_rule("colour");
  held_out.set_cell_count(400);
  held_out.set_psnr_db(21.26);
  v1::FeatureAccuracy& accuracy = *held_out.add_accuracy();
  accuracy.set_feature("digit");
  accuracy.set_synthetic(0.951);
  accuracy.set_real(0.98);
  const std::string text = FormatReport(report);
  EXPECT_THAT(text, HasSubstr("held out 'colour' (400 images never trained on)"));
  EXPECT_THAT(text, HasSubstr("digit: 95.1 % recognised (real images: 98.0 %)"));
  EXPECT_THAT(text, HasSubstr("PSNR 21.3 dB"));
  held_out.clear_psnr_db();
  EXPECT_THAT(FormatReport(report), HasSubstr("not measured"));
}

TEST(FormatReportTest, OfTrainedCellsWhatWasMeasuredIsSaid) {
  v1::EvaluationReport report;
  EXPECT_THAT(FormatReport(report), Not(HasSubstr("trained cells")));
  report.set_train_psnr_db(30.04);
  EXPECT_THAT(FormatReport(report), HasSubstr("  trained cells, PSNR 30.0 dB:\n"));
  report.clear_train_psnr_db();
  report.add_train()->set_feature("digit");
  EXPECT_THAT(FormatReport(report), HasSubstr("  trained cells:\n"));
}

TEST(FormatReportTest, PartsOfAFeatureFollowIt) {
  v1::EvaluationReport report;
  v1::FeatureAccuracy& accuracy = *report.add_train();
  accuracy.set_feature("transform");
  accuracy.set_synthetic(0.5);
  accuracy.set_real(0.625);
  v1::FeatureAccuracy::Part& turn = *accuracy.add_parts();
  turn.set_name("turn");
  turn.set_synthetic(0.9);
  turn.set_real(1);
  *report.add_train_on_synthetic() = accuracy;
  const std::string text = FormatReport(report);
  EXPECT_THAT(text, HasSubstr("    transform: 50.0 % recognised (real images: 62.5 %)\n"
                              "      its turn alone: 90.0 % (real images: 100.0 %)\n"));
  EXPECT_THAT(text, HasSubstr("    transform: 50.0 % (that of real images: 62.5 %)\n"
                              "      its turn alone: 90.0 % (that of real images: 100.0 %)\n"));
}

TEST(FormatReportTest, MixesAreNamedWithTheirDistanceToTraining) {
  v1::EvaluationReport report;
  v1::MixReport& mix = *report.add_mixes();
  mix.set_feature("colour");
  mix.set_nearest_distance(0.0625);
  EXPECT_THAT(FormatReport(report),
              HasSubstr("0.5/0.5 mixes of colour: 0.062 from the nearest image that the judge learnt"));
  mix.set_parent_mass(0.5);
  EXPECT_THAT(FormatReport(report),
              HasSubstr("colour: 50.0 % of the judge's belief on the two parents; 0.062 from the nearest"));
}

TEST(FormatReportTest, MixesAreSetAgainstThePlainBlend) {
  v1::EvaluationReport report;
  v1::MixReport& mix = *report.add_mixes();
  mix.set_feature("identity");
  mix.set_blend_distance(0.043);
  mix.set_smoothness(1.449);
  EXPECT_THAT(FormatReport(report), HasSubstr("mixes of identity: 0.043 from the plain blend of the parents' real "
                                              "images; largest step 1.45 of the mean on the way"));
  mix.set_rendered_blend_distance(0.0214);
  EXPECT_THAT(FormatReport(report),
              HasSubstr("mixes of identity: 0.021 from the plain blend of the parents as the model draws them; 0.043 "
                        "from the plain blend of the parents' real images; largest"));
}

TEST(FormatReportTest, WhatMixesKeepStandsBesideOtherCells) {
  v1::EvaluationReport report;
  v1::FeatureAccuracy& kept = *report.add_mixes()->add_kept();
  kept.set_feature("expression");
  kept.set_synthetic(0.876);
  kept.set_real(0.261);
  EXPECT_THAT(FormatReport(report), HasSubstr("    expression: 87.6 % kept (the parents' real images, which the judge "
                                              "learnt: 26.1 %)\n"));
  report.add_held_out()->add_accuracy()->set_feature("expression");
  EXPECT_THAT(FormatReport(report), HasSubstr("    expression: 87.6 % kept (real held-out images: 26.1 %)\n"));
}

TEST(FormatReportTest, HasWhatWasMeasuredOfImages) {
  v1::EvaluationReport report;
  v1::HeldOutReport& held_out = *report.add_held_out();
  held_out.set_psnr_db(20);
  held_out.add_accuracy()->set_feature("identity");
  v1::ImageMeasures& measures = *held_out.mutable_measures();
  measures.set_ssim(0.694);
  measures.set_high_frequency_ratio(0.33);
  measures.set_kernel_distance(25.946);
  measures.set_nearest_distance(0.0487);
  measures.set_real_nearest_distance(0.0986);
  v1::FeatureLikeness& likeness = *measures.add_likeness();
  likeness.set_feature("identity");
  likeness.set_cosine(0.891);
  likeness.set_rank_one(0.84375);
  likeness.set_real_rank_one(0.890625);
  *report.mutable_train_measures() = measures;
  report.set_train_psnr_db(30);
  *report.add_train() = held_out.accuracy(0);
  const std::string text = FormatReport(report);
  const std::string line =
      "    SSIM 0.69; fine detail 0.33 of the real images'; KID 25.95; 0.049 from the nearest image that the judge "
      "learnt (real images: 0.099)\n";
  EXPECT_THAT(text, HasSubstr("    PSNR 20.0 dB\n" + line));
  const std::string alike = "; its own class nearest 84.4 % (89.1 %), cosine 0.89\n";
  EXPECT_THAT(text, HasSubstr("    identity: 0.0 % recognised (real images: 0.0 %)" + alike + "    PSNR"));
  EXPECT_THAT(text, HasSubstr(alike + line)) << "of trained cells, too";
}

TEST(FormatReportTest, SaysWhoLearntTheCells) {
  v1::EvaluationReport report;
  report.add_held_out()->set_rule("x");
  report.mutable_held_out(0)->set_cell_count(10);
  report.set_train_psnr_db(30);
  const std::string text = FormatReport(report, {{"kept from the judge"}, "cells of others"});
  EXPECT_THAT(text, HasSubstr("held out 'x' (10 images kept from the judge), by an independent judge"));
  EXPECT_THAT(text, HasSubstr("  cells of others, PSNR 30.0 dB:\n"));
}

TEST(FormatReportTest, SaysWhoJudgedAndWhatAPupilLearnt) {
  v1::EvaluationReport report;
  report.set_judge_seed(7);
  report.set_judge_train_images(224);
  report.set_render_images_per_second(50);
  v1::FeatureAccuracy& accuracy = *report.add_train_on_synthetic();
  accuracy.set_feature("digit");
  accuracy.set_synthetic(0.8);
  accuracy.set_real(0.9);
  const std::string text = FormatReport(report);
  EXPECT_THAT(text, HasSubstr("digit: 80.0 % (that of real images: 90.0 %)"));
  EXPECT_THAT(text, HasSubstr("the judge: seed 7, learnt from 224 images"));
  EXPECT_THAT(text, HasSubstr("  renders 50 images/s"));
  EXPECT_THAT(text, testing::Not(HasSubstr("trained at"))) << "nothing was";
}

TEST(FormatReportTest, ASpeedThatWasNotMeasuredIsNotThere) {
  v1::EvaluationReport report;
  EXPECT_THAT(FormatReport(report), testing::Not(HasSubstr("images/s")));
  report.set_train_seconds(3);
  report.set_train_images_per_second(64);
  EXPECT_THAT(FormatReport(report), EndsWith("  trained at 64 images/s in 3 s\n"));
  report.set_render_images_per_second(50);
  EXPECT_THAT(FormatReport(report), EndsWith("  trained at 64 images/s in 3 s; renders 50 images/s\n"));
}

TEST(FormatShareTest, IsAPercentage) { EXPECT_EQ(FormatShare(0.9312), "93.1 %"); }

TEST(FormatPointsTest, HaveASignAndNoneOfZero) {
  EXPECT_EQ(FormatPoints(0.0217), "+2.2");
  EXPECT_EQ(FormatPoints(-0.01), "-1.0");
  EXPECT_EQ(FormatPoints(-0.0004), "+0.0");
}

TEST(FormatReportTest, ComparesSources) {
  v1::AugmentationReport report;
  report.set_feature("expression");
  report.add_seeds(1);
  v1::AugmentationReport::Source& originals = *report.add_sources();
  originals.set_name("originals");
  originals.set_images(325);
  originals.add_tests()->set_name("other");
  originals.mutable_tests(0)->set_images(375);
  originals.mutable_tests(0)->set_mean_accuracy(0.92);
  v1::AugmentationReport::Source& synthetic = *report.add_sources();
  synthetic = originals;
  synthetic.set_name("synthetic");
  synthetic.set_images(10000);
  v1::AugmentationReport::Test& test = *synthetic.mutable_tests(0);
  test.set_mean_accuracy(0.94);
  test.set_difference(0.02);
  test.set_difference_low(-0.005);
  test.set_difference_high(0.045);
  test.set_mcnemar_p(0.125);
  report.set_synthetic_rendered(10725);
  report.set_synthetic_kept(10000);
  report.set_dropped_confidence(700);
  report.set_dropped_sharpness(25);
  EXPECT_EQ(
      FormatReport(report),
      "  expression, by 1 recognisers of each source; differences from originals\n"
      "  SOURCE     IMAGES  TEST         ACCURACY  DIFFERENCE  95 %          MCNEMAR P\n"
      "  originals  325     other (375)  92.0 %\n"
      "  synthetic  10000   other (375)  94.0 %    +2.0        -0.5 to +4.5  0.125\n"
      "  synthetic images: 10725 rendered, 10000 kept; left out for the judge's doubt 700, for their sharpness 25\n");
}

}  // namespace
}  // namespace facet::cli
