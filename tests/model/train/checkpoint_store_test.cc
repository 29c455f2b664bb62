// SPDX-License-Identifier: Apache-2.0
#include "model/train/checkpoint_store.h"

#include <fstream>

#include "base/error.h"
#include "base/sealed_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/model/train/fragile_file_system.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const RunIdentity kRun = {{"training.seed", "7"}, {"training.steps", "40"}};

Checkpoint MakeCheckpoint(int step) {
  return {step, kRun, step, step / 4, 1.5 * step, "tensors of step " + std::to_string(step)};
}

class CheckpointStoreTest : public testing::Test {
 protected:
  std::vector<std::string> Names() { return *disk_.List(folder_); }
  void Damage(const std::string& file) {
    std::fstream stream(folder_ + "/" + file, std::ios::in | std::ios::out);
    stream.seekp(3);
    stream.put('#');
  }
  std::optional<Checkpoint> Load() {
    auto checkpoint = store_.LoadNewest(kRun, &warnings_);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return *std::move(checkpoint);
  }

  FragileFileSystem disk_;
  std::string folder_ = MakeTempDir() + "/checkpoints";
  CheckpointStore store_{&disk_, folder_};
  std::vector<std::string> warnings_;
};

TEST_F(CheckpointStoreTest, AnEmptyStoreHasNone) {
  EXPECT_FALSE(Load().has_value());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(CheckpointStoreTest, WhatIsSavedIsLoaded) {
  ASSERT_TRUE(store_.Save(MakeCheckpoint(20)).ok());
  const auto loaded = Load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->step, 20);
  EXPECT_EQ(loaded->generator_updates, 20);
  EXPECT_EQ(loaded->classifier_updates, 5);
  EXPECT_EQ(loaded->train_seconds, 30.0);
  EXPECT_EQ(loaded->tensors, "tensors of step 20");
}

TEST_F(CheckpointStoreTest, KeepsTheNewestTwo) {
  for (const int step : {10, 20, 30}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000020", "000000030"));
}

TEST_F(CheckpointStoreTest, ADamagedOneIsPassedOverWithAWarning) {
  for (const int step : {10, 20}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  Damage("000000020/state.safetensors");
  EXPECT_EQ(Load()->step, 10);
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_THAT(warnings_[0], HasSubstr("000000020/state.safetensors' is damaged"));
}

TEST_F(CheckpointStoreTest, OneWithoutItsSealIsPassedOver) {
  for (const int step : {10, 20}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  ASSERT_TRUE(disk_.RemoveAll(folder_ + "/000000020/SHA256SUMS").ok());
  EXPECT_EQ(Load()->step, 10);
}

TEST_F(CheckpointStoreTest, WhereAllAreDamagedThereIsNone) {
  ASSERT_TRUE(store_.Save(MakeCheckpoint(10)).ok());
  Damage("000000010/state.json");
  EXPECT_FALSE(Load().has_value());
  EXPECT_THAT(warnings_, SizeIs(1));
}

TEST_F(CheckpointStoreTest, SavingClearsDamagedOnesOfLaterSteps) {
  for (const int step : {10, 20}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  Damage("000000020/state.safetensors");
  ASSERT_TRUE(store_.Save(MakeCheckpoint(15)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000010", "000000015"));
}

TEST_F(CheckpointStoreTest, ADamagedOneTakesNoPlaceOfOneThatIsWhole) {
  for (const int step : {10, 20}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  Damage("000000020/state.safetensors");
  EXPECT_EQ(Load()->step, 10);
  ASSERT_TRUE(store_.Save(MakeCheckpoint(25)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000010", "000000025"));
}

// To go on from the one before would remove it.
TEST_F(CheckpointStoreTest, OneThatCannotBeReadIsNotPassedOver) {
  for (const int step : {10, 20}) ASSERT_TRUE(store_.Save(MakeCheckpoint(step)).ok());
  FaultyFileSystem disk(FileSystem::Posix());
  CheckpointStore store(&disk, folder_);
  disk.FailAt(1000, absl::OkStatus());
  ASSERT_EQ((*store.LoadNewest(kRun, &warnings_))->step, 20);
  const int calls = disk.calls();
  ASSERT_GE(calls, 4);
  for (int n = 1; n <= calls; ++n) {
    disk.FailAt(n, FaultyFileSystem::IoError());
    EXPECT_EQ(GetErrorDetail(store.LoadNewest(kRun, &warnings_).status()).reason, "FILE_ERROR") << n;
  }
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(Load()->step, 20);
}

TEST_F(CheckpointStoreTest, OneWhoseMeasureCannotBeReadMayBeTheBestAndStays) {
  const auto measured = [](int step, double psnr) {
    Checkpoint checkpoint = MakeCheckpoint(step);
    checkpoint.psnr_db = psnr;
    return checkpoint;
  };
  for (const int step : {10, 20, 30}) ASSERT_TRUE(store_.Save(measured(step, 40 - step)).ok());
  ASSERT_THAT(Names(), ElementsAre("000000010", "000000020", "000000030"));
  FaultyFileSystem disk(FileSystem::Posix());
  CheckpointStore store(&disk, folder_);
  disk.FailReadsOf("000000010/", FaultyFileSystem::IoError());
  ASSERT_TRUE(store.Save(measured(40, 1)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000010", "000000020", "000000030", "000000040"));
  disk.FailReadsOf("");
  ASSERT_TRUE(store.Save(measured(50, 1)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000010", "000000040", "000000050"));
  EXPECT_EQ(store.best_step(), 10);
}

TEST_F(CheckpointStoreTest, ADamagedOneIsReplacedByOneOfItsStep) {
  ASSERT_TRUE(store_.Save(MakeCheckpoint(20)).ok());
  Damage("000000020/state.safetensors");
  ASSERT_TRUE(store_.Save(MakeCheckpoint(20)).ok());
  EXPECT_EQ(Load()->step, 20);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(CheckpointStoreTest, AFullDiskLeavesWhatWasThere) {
  ASSERT_TRUE(store_.Save(MakeCheckpoint(10)).ok());
  disk_.full = true;
  const absl::Status status = store_.Save(MakeCheckpoint(20));
  EXPECT_EQ(GetErrorDetail(status).reason, "DISK_FULL");
  disk_.full = false;
  EXPECT_THAT(Names(), ElementsAre("000000010"));
  EXPECT_EQ(Load()->step, 10);
}

TEST_F(CheckpointStoreTest, WhatAKilledSaveLeftIsCleared) {
  ASSERT_TRUE(disk_.CreateDirs(folder_ + "/000000010.tmp-abc").ok());
  EXPECT_FALSE(Load().has_value());
  ASSERT_TRUE(store_.Save(MakeCheckpoint(20)).ok());
  EXPECT_THAT(Names(), ElementsAre("000000020"));
}

TEST_F(CheckpointStoreTest, OfAnotherRunItSaysWhatDiffers) {
  ASSERT_TRUE(store_.Save(MakeCheckpoint(10)).ok());
  RunIdentity other = kRun;
  other["training.seed"] = "8";
  const auto loaded = store_.LoadNewest(other, &warnings_);
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetail(loaded.status()).reason, "OTHER_PLAN");
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("training.seed was 7, is 8"));
}

TEST_F(CheckpointStoreTest, ANewerFormatIsRefusedByNumber) {
  auto writer = SealedFolderWriter::Create(&disk_, folder_ + "/000000010");
  ASSERT_TRUE((*writer)->Add("state.json", R"({"format_version": 3})").ok());
  ASSERT_TRUE((*writer)->Commit().ok());
  const auto loaded = store_.LoadNewest(kRun, &warnings_);
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("format 3"));
}

}  // namespace
}  // namespace facet::model
