// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FileSystem& Disk() { return *FileSystem::Posix(); }

FeatureSchema Schema() {
  return FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}).value();
}

TEST(DatasetWriterTest, EqualContentHasEqualFingerprints) {
  const TempDir dir;
  const Labels labels = AllCombinations(Schema());
  const auto first = WriteDataset(&Disk(), dir / "a", Schema(), labels);
  const auto second = WriteDataset(&Disk(), dir / "b", Schema(), labels);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->fingerprint, second->fingerprint);
  Labels others = labels;
  others.back()[1] = 0;
  EXPECT_NE(WriteDataset(&Disk(), dir / "c", Schema(), others)->fingerprint, first->fingerprint);
}

TEST(DatasetWriterTest, WritesWhatItReturns) {
  const TempDir dir;
  const auto info = WriteDataset(&Disk(), dir / "a", Schema(), {{2, 1}, {0, 0}});
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->image_count, 2);
  EXPECT_EQ(ReadDatasetInfo(Disk(), dir / "a")->fingerprint, info->fingerprint);
  EXPECT_EQ(TempDir::Read(dir / "a/labels.bin"), std::string("\2\0\1\0\0\0\0\0", 8));
  EXPECT_EQ(TempDir::Read(dir / "a/images.bin").size(), 2u * 2 * 3 * 3);
}

TEST(DatasetWriterTest, WithoutImagesItIsAnErrorAndNothingIsLeft) {
  const TempDir dir;
  EXPECT_THAT(WriteDataset(&Disk(), dir / "a", Schema(), {}),
              HasReason(absl::StatusCode::kInvalidArgument, "EMPTY_DATASET"));
  EXPECT_THAT(Disk().List(dir.path()).value(), IsEmpty());
}

TEST(DatasetWriterTest, WithoutFinishNothingIsLeft) {
  const TempDir dir;
  {
    const auto writer = DatasetWriter::Create(&Disk(), dir / "a", Schema(), {2, 3, 3}).value();
    EXPECT_THAT(writer->Add(PixelsOf(0, {2, 3, 3}).data(), {0, 0}), IsOk());
  }
  EXPECT_THAT(Disk().List(dir.path()).value(), IsEmpty());
}

TEST(DatasetWriterTest, RefusesBadLabelsAndGoesOn) {
  const TempDir dir;
  const auto writer = DatasetWriter::Create(&Disk(), dir / "a", Schema(), {2, 3, 3}).value();
  const std::vector<uint8_t> pixels = PixelsOf(0, {2, 3, 3});
  EXPECT_THAT(writer->Add(pixels.data(), {3, 0}),
              IsError(absl::StatusCode::kInvalidArgument, "feature 'digit' has 3 classes, no index 3"));
  EXPECT_THAT(writer->Add(pixels.data(), {0}), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("2 labels")));
  EXPECT_THAT(writer->Add(pixels.data(), {2, 1}), IsOk());
  EXPECT_EQ(writer->Finish()->image_count, 1);
}

TEST(DatasetWriterTest, RefusesBadShapesNoFeaturesAndTakenFolders) {
  const TempDir dir;
  EXPECT_TRUE(absl::IsInvalidArgument(DatasetWriter::Create(&Disk(), dir / "a", Schema(), {0, 3, 3}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DatasetWriter::Create(&Disk(), dir / "a", {}, {2, 3, 3}).status()));
  dir.Write("taken/file", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(DatasetWriter::Create(&Disk(), dir / "taken", Schema(), {2, 3, 3}).status()));
}

TEST(DatasetWriterTest, LeavesUnusedClassesOut) {
  const TempDir dir;
  const auto writer = DatasetWriter::Create(&Disk(), dir / "a", Schema(), {2, 3, 3}).value();
  const std::vector<uint8_t> pixels = PixelsOf(0, {2, 3, 3});
  ASSERT_THAT(writer->Add(pixels.data(), {2, 1}), IsOk());
  ASSERT_THAT(writer->Add(pixels.data(), {0, 1}), IsOk());
  writer->RemoveUnusedClasses();
  const auto info = writer->Finish();
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->schema, FeatureSchema::Create({{"digit", {"0", "2"}}, {"colour", {"green"}}}).value());
  const auto dataset = Dataset::Open(Disk(), dir / "a").value();
  EXPECT_THAT(dataset->labels(0), ElementsAre(1, 0));
  EXPECT_THAT(dataset->labels(1), ElementsAre(0, 0));
}

TEST(DatasetWriterTest, RemovingUnusedClassesOfAFullDataSetChangesNothing) {
  const TempDir dir;
  const auto writer = DatasetWriter::Create(&Disk(), dir / "a", Schema(), {2, 3, 3}).value();
  writer->RemoveUnusedClasses();
  const Labels labels = AllCombinations(Schema());
  for (const auto& label : labels) ASSERT_THAT(writer->Add(PixelsOf(0, {2, 3, 3}).data(), label), IsOk());
  writer->RemoveUnusedClasses();
  EXPECT_EQ(writer->Finish()->schema, Schema());
}

TEST(DatasetWriterTest, FullDiskAtAnyCallLeavesNothing) {
  // Large enough for several writes.
  const ImageShape shape = {64, 64, 3};
  const FeatureSchema schema = FeatureSchema::Create({{"a", {"x"}}}).value();
  const Labels labels(60, {0});
  const TempDir scratch;
  FaultyFileSystem disk(FileSystem::Posix());
  ASSERT_THAT(WriteDataset(&disk, scratch / "a", schema, labels, shape), IsOk());
  const int calls = disk.calls();
  ASSERT_GT(calls, 10);
  for (const bool for_good : {true, false}) {
    for (int n = 1; n <= calls; ++n) {
      const TempDir dir;
      disk.FailAt(n, FaultyFileSystem::DiskFull(), for_good);
      EXPECT_THAT(WriteDataset(&disk, dir / "a", schema, labels, shape),
                  HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"))
          << n;
      EXPECT_THAT(Disk().List(dir.path()).value(), IsEmpty()) << n;
    }
  }
}

}  // namespace
}  // namespace facet::model
