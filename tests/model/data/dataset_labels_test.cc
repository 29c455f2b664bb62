// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset_labels.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileSystem& Disk() { return *FileSystem::Posix(); }

class DatasetLabelsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto schema = FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}});
    ASSERT_THAT(WriteDataset(&Disk(), folder_, *schema, {{2, 1}, {0, 0}, {1, 1}}), IsOk());
  }
  // With a seal that fits, as a forger would.
  void WriteLabels(const std::string& bytes) {
    dir_.Write("data/labels.bin", bytes);
    std::string sums;
    for (const char* name : {"images.bin", "labels.bin", "manifest.json"}) {
      absl::StrAppend(&sums, Sha256Hex(TempDir::Read(absl::StrCat(folder_, "/", name))), "  ", name, "\n");
    }
    dir_.Write("data/SHA256SUMS", sums);
  }

  TempDir dir_;
  const std::string folder_ = dir_ / "data";
};

TEST_F(DatasetLabelsTest, AreThoseThatWereWritten) {
  const auto labels = ReadDatasetLabels(Disk(), folder_);
  ASSERT_THAT(labels, IsOk());
  EXPECT_EQ(labels->schema.features()[1].name, "colour");
  ASSERT_EQ(labels->size(), 3);
  EXPECT_THAT(labels->labels(0), ElementsAre(2, 1));
  EXPECT_THAT(labels->labels(2), ElementsAre(1, 1));
}

TEST_F(DatasetLabelsTest, PixelsAreNotLookedAt) {
  dir_.Write("data/images.bin", "gone");
  EXPECT_THAT(ReadDatasetLabels(Disk(), folder_), IsOk());
}

TEST_F(DatasetLabelsTest, DamageIsFound) {
  dir_.Write("data/labels.bin", TempDir::Read(folder_ + "/labels.bin").replace(0, 1, "\1"));
  EXPECT_TRUE(absl::IsDataLoss(ReadDatasetLabels(Disk(), folder_).status()));
}

TEST_F(DatasetLabelsTest, WhatDoesNotFitTheManifestIsDataLoss) {
  WriteLabels("short");
  EXPECT_THAT(ReadDatasetLabels(Disk(), folder_), IsError(absl::StatusCode::kDataLoss, HasSubstr("another size")));
  WriteLabels(std::string(12, '\3'));
  EXPECT_THAT(ReadDatasetLabels(Disk(), folder_), IsError(absl::StatusCode::kDataLoss, HasSubstr("image 0 has class")));
}

TEST_F(DatasetLabelsTest, NoFolderIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadDatasetLabels(Disk(), dir_ / "none").status()));
}

}  // namespace
}  // namespace facet::model
