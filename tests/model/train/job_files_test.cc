// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_files.h"

#include <fstream>

#include "base/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "model/train/trainer_job.h"
#include "tests/base/faulty_file_system.h"
#include "tests/model/train/job_samples.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JobFilesTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& contents) { std::ofstream(dir_ + "/" + name) << contents; }
  absl::StatusOr<internal::TrainerSpec> Read() { return ReadTrainerSpec(disk_, dir_); }

  FileSystem& disk_ = *FileSystem::Posix();
  std::string dir_ = MakeTempDir();
};

TEST_F(JobFilesTest, ReadsTheBinarySpec) {
  Write(kSpecFile, TinySpec("/data").SerializeAsString());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(Read()->dataset_dir(), "/data");
}

TEST_F(JobFilesTest, ReadsASpecWrittenByHand) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(TinySpec("/by-hand"), &text);
  Write(kSpecTextFile, text);
  ASSERT_TRUE(Read().ok()) << Read().status();
  EXPECT_EQ(Read()->dataset_dir(), "/by-hand");
}

TEST_F(JobFilesTest, ATypingErrorIsFoundByLineAndColumn) {
  Write(kSpecTextFile, "dataset_dir: \"/x\"\n  prest { }\n");
  EXPECT_EQ(GetErrorDetail(Read().status()).reason, "BAD_SPEC");
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("line 2, column 9"));
}

TEST_F(JobFilesTest, AFolderWithoutASpecIsNoJob) { EXPECT_EQ(Read().status().code(), absl::StatusCode::kNotFound); }

TEST_F(JobFilesTest, RubbishAndHalfASpecAreRefused) {
  Write(kSpecFile, "\xff\xff\xff");
  EXPECT_EQ(GetErrorDetail(Read().status()).reason, "BAD_SPEC");
  Write(kSpecFile, TinySpec("").SerializeAsString());
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("has no dataset_dir"));
}

TEST_F(JobFilesTest, ClearBundleLeavesTheServersFilesAlone) {
  for (const char* name : {"bundle", "bundle.tmp-1", "checkpoints", "spec.binpb.tmp-2"}) {
    ASSERT_TRUE(disk_.CreateDirs(dir_ + "/" + name).ok());
  }
  ASSERT_TRUE(ClearBundle(disk_, dir_, kBundleFolder).ok());
  EXPECT_THAT(*disk_.List(dir_), ElementsAre("checkpoints", "spec.binpb.tmp-2"));
}

TEST_F(JobFilesTest, AResultThatIsMissingOrDamagedIsNone) {
  EXPECT_FALSE(ReadResult(disk_, dir_)->has_value());
  EXPECT_FALSE(ReadFinishedBundle(disk_, dir_ + "/bundle")->has_value());
  Write(kResultFile, "rubbish");
  ASSERT_TRUE(disk_.CreateDirs(dir_ + "/bundle").ok());
  EXPECT_FALSE(ReadResult(disk_, dir_)->has_value());
  EXPECT_FALSE(ReadFinishedBundle(disk_, dir_ + "/bundle")->has_value());
}

// It would be done again, and what there is be removed.
TEST_F(JobFilesTest, AResultThatCannotBeReadIsAnError) {
  ASSERT_TRUE(WriteResult(disk_, dir_, {}).ok());
  ASSERT_TRUE(disk_.CreateDirs(dir_ + "/bundle").ok());
  FaultyFileSystem disk(&disk_);
  disk.FailAt(1, FaultyFileSystem::IoError());
  EXPECT_EQ(GetErrorDetail(ReadResult(disk, dir_).status()).reason, "FILE_ERROR");
  EXPECT_EQ(GetErrorDetail(ReadFinishedBundle(disk, dir_ + "/bundle").status()).reason, "FILE_ERROR");
  EXPECT_TRUE(ReadResult(disk_, dir_)->has_value());
}

TEST_F(JobFilesTest, AReportIsJsonWithZerosWrittenOut) {
  v1::EvaluationReport report;
  report.set_train_psnr_db(21.5);
  ASSERT_TRUE(WriteReport(disk_, dir_ + "/report.json", report).ok());
  const std::string json = *disk_.ReadFile(dir_ + "/report.json");
  EXPECT_THAT(json, HasSubstr("\"train_psnr_db\": 21.5"));
  EXPECT_THAT(json, HasSubstr("\"train_seconds\": 0"));
}

}  // namespace
}  // namespace facet::model
