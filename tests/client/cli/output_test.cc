// SPDX-License-Identifier: Apache-2.0
#include "client/cli/output.h"

#include <string>
#include <vector>

#include "facet/v1/dataset.pb.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"NAME", "STATE", "STEP"});
  table.Add({"trainingJobs/a", "running", "3/10"});
  table.Add({"b", "queued", ""});
  EXPECT_EQ(table.ToString(),
            "NAME            STATE    STEP\n"
            "trainingJobs/a  running  3/10\n"
            "b               queued\n");
}

TEST(TableTest, CharactersAreCountedNotBytes) {
  Table table({"NAME", "X"});
  table.Add({"größe", "1"});
  table.Add({"abcde", "2"});
  EXPECT_EQ(table.ToString(), "NAME   X\ngröße  1\nabcde  2\n");
}

TEST(FormatBytesTest, HasThreeDigitsAndPowersOfAThousand) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1 kB");
  EXPECT_EQ(FormatBytes(12'345), "12.3 kB");
  EXPECT_EQ(FormatBytes(999'499), "999 kB");
  EXPECT_EQ(FormatBytes(999'500), "1 MB");
  EXPECT_EQ(FormatBytes(12'300'000), "12.3 MB");
  EXPECT_EQ(FormatBytes(4'000'000'000), "4 GB");
  EXPECT_EQ(FormatBytes(uint64_t{5'000'000'000'000'000}), "5e+03 TB");
}

TEST(FormatTimeTest, IsLocalTimeOrADash) {
  EXPECT_EQ(FormatTime({}), "-");
  google::protobuf::Timestamp time;
  time.set_seconds(1'700'000'000);
  EXPECT_THAT(FormatTime(time), testing::MatchesRegex("2023-11-1[45] [0-9]{2}:[0-9]{2}"));
}

TEST(StateNameTest, IsShort) {
  EXPECT_EQ(StateName(v1::TRAINING_JOB_STATE_RUNNING), "running");
  EXPECT_EQ(StateName(v1::TRAINING_JOB_STATE_CANCELLED), "cancelled");
}

TEST(ToJsonTest, HasTheNamesOfTheProtoAndZeros) {
  v1::Dataset dataset;
  dataset.set_name("datasets/a@1");
  const std::string json = ToJson(dataset);
  EXPECT_THAT(json, HasSubstr("\"name\": \"datasets/a@1\""));
  EXPECT_THAT(json, HasSubstr("\"image_count\": \"0\""));
}

TEST(PrintJsonListTest, IsOneArray) {
  testing::internal::CaptureStdout();
  PrintJsonList(std::vector<v1::Dataset>());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "[]\n");
}

TEST(PrintJsonFieldsTest, EscapesTexts) {
  testing::internal::CaptureStdout();
  PrintJsonFields({{"out", "a \"b\"\\\n.png"}});
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr(R"("out": "a \"b\"\\\n.png")"));
}

TEST(PrintLineTest, EndsInOneLineBreak) {
  testing::internal::CaptureStdout();
  PrintLine("a");
  PrintLine("b\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "a\nb\n");
}

TEST(WriteOutputTest, WritesFilesWholeAndStandardOutput) {
  TempDir dir;
  EXPECT_THAT(WriteOutput(dir / "a", "bytes"), IsOk());
  EXPECT_EQ(TempDir::Read(dir / "a"), "bytes");
  EXPECT_THAT(WriteOutput(dir / "nowhere/a", "bytes"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  testing::internal::CaptureStdout();
  EXPECT_THAT(WriteOutput("-", absl::string_view("\0x", 2)), IsOk());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), std::string("\0x", 2));
}

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
  EXPECT_THAT(FormatReport(report), HasSubstr("0.5/0.5 mixes of colour: 0.062 from the nearest trained image"));
  mix.set_parent_mass(0.5);
  EXPECT_THAT(FormatReport(report),
              HasSubstr("colour: 50.0 % of the judge's belief on the two parents; 0.062 from the nearest"));
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

TEST(TaskNameTest, SaysWhatAJobDoes) {
  v1::TrainingSpec spec;
  EXPECT_EQ(TaskName(spec), "training");
  spec.mutable_evaluation();
  EXPECT_EQ(TaskName(spec), "evaluation");
  spec.mutable_augmentation();
  EXPECT_EQ(TaskName(spec), "augmentation");
}

}  // namespace
}  // namespace facet::cli
