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
  testing::internal::CaptureStdout();
  PrintJsonFields({{"out", "\xff.png"}});
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr(R"("out": "?.png")"));
}

TEST(PrintLineTest, ShowsWhatSteersATerminal) {
  testing::internal::CaptureStdout();
  PrintLine("a\x1b[2J\u202Eb");
  PrintRaw("\x1b[0m\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "a?[2J?b\n\x1b[0m\n");
}

TEST(ToJsonTest, EscapesWhatSteersATerminal) {
  v1::Dataset dataset;
  dataset.set_description("\u2066a\u202E");
  EXPECT_THAT(ToJson(dataset), HasSubstr(R"("description": "\u2066a\u202e")"));
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
