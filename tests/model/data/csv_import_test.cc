// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_import.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/image/codec.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/drawn_face.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileSystem& Disk() { return *FileSystem::Posix(); }

std::string Png(int height, int width, uint8_t red, uint8_t green = 0, uint8_t blue = 0) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < height * width; ++i) pixels.insert(pixels.end(), {red, green, blue});
  return EncodePng({height, width, 3}, pixels.data()).value();
}

class CsvImportTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.source = dir_ / "source";
    options_.target = dir_ / "target";
    options_.spec.set_format(v1::DATASET_FORMAT_CSV);
    options_.spec.mutable_csv()->set_image_size(8);
    dir_.Write("source/a.png", Png(8, 8, 10, 20, 30));
    dir_.Write("source/sub/b.png", Png(16, 40, 200));
  }

  void Manifest(absl::string_view rows) { dir_.Write("source/manifest.csv", absl::StrCat("path,who\n", rows)); }
  absl::StatusOr<ImportResult> Import() { return ImportImages(Disk(), options_); }
  void ExpectRefused(const std::string& says) {
    EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says)));
    EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
  }

  TempDir dir_;
  ImportOptions options_;
};

TEST_F(CsvImportTest, BringsImagesToOneSize) {
  Manifest("a.png,anna\nsub/b.png,ben\n");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->dropped_count, 0);
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->info().fingerprint, result->info.fingerprint);
  EXPECT_EQ(dataset->info().shape, (ImageShape{8, 8, 3}));
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_THAT(std::vector<int>(dataset->pixels(0), dataset->pixels(0) + 3), ElementsAre(10, 20, 30));
  EXPECT_THAT(std::vector<int>(dataset->pixels(1), dataset->pixels(1) + 3), ElementsAre(200, 0, 0));
  EXPECT_THAT(dataset->labels(1), ElementsAre(1));
}

TEST_F(CsvImportTest, DefaultSizeIs64) {
  options_.spec.clear_csv();
  Manifest("a.png,anna\n");
  EXPECT_EQ(Import()->info.shape, (ImageShape{64, 64, 3}));
}

TEST_F(CsvImportTest, TextNamedJpegIsDroppedAndReported) {
  dir_.Write("source/text.jpg", "I am a text file.\n");
  Manifest("a.png,anna\ntext.jpg,anna\nsub/b.png,ben\n");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 2);
  EXPECT_EQ(result->dropped_count, 1);
  ASSERT_EQ(result->dropped.size(), 1u);
  EXPECT_EQ(result->dropped[0].path(), "text.jpg");
  EXPECT_THAT(result->dropped[0].reason(), HasSubstr("not a PNG, JPEG"));
}

TEST_F(CsvImportTest, CutOffAndEmptyImagesAreDropped) {
  dir_.Write("source/cut.png", Png(50, 50, 1).substr(0, 60));
  dir_.Write("source/empty.png", "");
  Manifest("cut.png,anna\nempty.png,anna\na.png,anna\n");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->dropped_count, 2);
  EXPECT_EQ(result->info.image_count, 1);
}

TEST_F(CsvImportTest, ClassesOfDroppedImagesAreLeftOut) {
  dir_.Write("source/text.jpg", "text");
  Manifest("a.png,anna\ntext.jpg,ben\nsub/b.png,chris\n");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->info.schema.features()[0].classes, ElementsAre("anna", "chris"));
  EXPECT_THAT(Dataset::Open(Disk(), options_.target).value()->labels(1), ElementsAre(1));
}

TEST_F(CsvImportTest, AllDroppedIsAnEmptyDataSet) {
  dir_.Write("source/text.jpg", "text");
  Manifest("text.jpg,anna\ntext.jpg,ben\n");
  ExpectRefused("none of the 2 images can be used; the first, 'text.jpg': not a PNG");
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "EMPTY_DATASET"));
}

TEST_F(CsvImportTest, ListsAThousandDroppedAndCountsAll) {
  dir_.Write("source/text.jpg", "text");
  std::string rows = "a.png,anna\n";
  for (int i = 0; i < 1500; ++i) rows += "text.jpg,anna\n";
  Manifest(rows);
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->dropped_count, 1500);
  EXPECT_EQ(result->dropped.size(), 1000u);
}

TEST_F(CsvImportTest, MissingFileNamesLineAndPath) {
  Manifest("a.png,anna\nmissing.png,ben\n");
  ExpectRefused("manifest.csv line 3: 'missing.png' cannot be read: No such file or directory");
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE"));
}

TEST_F(CsvImportTest, FoldersAndPipesAreNoFiles) {
  ASSERT_EQ(mkfifo((dir_ / "source/pipe").c_str(), 0600), 0);
  for (const char* path : {"sub", "pipe", "."}) {
    Manifest(absl::StrCat("a.png,anna\n", path, ",ben\n"));
    ExpectRefused(absl::StrCat("line 3: '", path, "' is not a file"));
  }
}

TEST_F(CsvImportTest, PathsOutOfTheSourceAreRefused) {
  dir_.Write("secret.png", Png(8, 8, 1));
  for (const std::string& path :
       {std::string("../secret.png"), dir_ / "secret.png", std::string("sub/../../secret.png")}) {
    Manifest(path + ",anna\n");
    EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("must be relative")));
  }
}

TEST_F(CsvImportTest, LinksOutOfTheSourceAreRefusedAndLinksWithinAreNot) {
  dir_.Write("secret/s.png", Png(8, 8, 1));
  std::filesystem::create_symlink(dir_ / "secret/s.png", dir_ / "source/link.png");
  std::filesystem::create_directory_symlink(dir_ / "secret", dir_ / "source/folder");
  std::filesystem::create_symlink("a.png", dir_ / "source/within.png");
  for (const char* path : {"link.png", "folder/s.png"}) {
    Manifest(absl::StrCat(path, ",anna\n"));
    EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a link that leads out")));
  }
  Manifest("within.png,anna\n");
  EXPECT_THAT(Import(), IsOk());
}

TEST_F(CsvImportTest, TheManifestMayNotLeadOutEither) {
  dir_.Write("secret/passwords", "path,who\na.png,anna\n");
  std::filesystem::create_symlink(dir_ / "secret/passwords", dir_ / "source/manifest.csv");
  EXPECT_THAT(Import(),
              IsError(absl::StatusCode::kInvalidArgument, "manifest.csv: a link that leads out of the source"));
}

TEST_F(CsvImportTest, SourceMayItselfBeReachedByALink) {
  std::filesystem::create_directory_symlink(dir_ / "source", dir_ / "elsewhere");
  options_.source = dir_ / "elsewhere";
  Manifest("a.png,anna\n");
  EXPECT_THAT(Import(), IsOk());
}

TEST_F(CsvImportTest, FolderWithASimilarNameIsNotTheSource) {
  dir_.Write("source2/s.png", Png(8, 8, 1));
  std::filesystem::create_symlink(dir_ / "source2/s.png", dir_ / "source/link.png");
  Manifest("link.png,anna\n");
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("leads out")));
}

TEST_F(CsvImportTest, HugeFilesAreRefusedUnread) {
  Manifest("a.png,anna\nhuge.png,ben\n");
  dir_.Write("source/huge.png", "");
  std::filesystem::resize_file(dir_ / "source/huge.png", uint64_t{1} << 40);
  ExpectRefused("huge.png: too large: 1099511627776 bytes");
  std::filesystem::resize_file(dir_ / "source/manifest.csv", uint64_t{1} << 40);
  ExpectRefused("manifest.csv: too large");
}

TEST_F(CsvImportTest, MissingManifestAndSourceAreErrors) {
  ExpectRefused("manifest.csv: there is no such file in the source");
  options_.source = dir_ / "nowhere";
  ExpectRefused("manifest.csv: there is no such file in the source");
}

TEST_F(CsvImportTest, CancellationLeavesNothing) {
  Manifest("a.png,anna\n");
  const std::atomic<bool> cancelled = true;
  options_.cancelled = &cancelled;
  EXPECT_TRUE(absl::IsCancelled(Import().status()));
  EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
}

// Sets a flag when it has been asked for a file a number of times.
class CancellingFileSystem final : public FileSystem {
 public:
  explicit CancellingFileSystem(int reads) : reads_(reads) {}
  const std::atomic<bool>& cancelled() const { return cancelled_; }
  int reads_after() const { return reads_after_; }

  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    if (cancelled_) ++reads_after_;
    if (--reads_ == 0) cancelled_ = true;
    return Disk().ReadFile(path);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override { return Disk().Create(path); }
  absl::Status CreateDirs(const std::string& path) override { return Disk().CreateDirs(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return Disk().Rename(from, to); }
  absl::Status SyncDir(const std::string& path) override { return Disk().SyncDir(path); }
  absl::Status RemoveAll(const std::string& path) override { return Disk().RemoveAll(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override { return Disk().List(path); }
  bool Exists(const std::string& path) override { return Disk().Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override { return Disk().Size(path); }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override { return Disk().FreeBytes(path); }

 private:
  int reads_;
  int reads_after_ = 0;
  std::atomic<bool> cancelled_ = false;
};

TEST_F(CsvImportTest, CancellationIsSeenBeforeTheNextImage) {
  Manifest("a.png,anna\na.png,anna\na.png,anna\na.png,anna\n");
  CancellingFileSystem disk(3);  // the manifest and two images
  options_.cancelled = &disk.cancelled();
  EXPECT_TRUE(absl::IsCancelled(ImportImages(disk, options_).status()));
  EXPECT_EQ(disk.reads_after(), 0);
  EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
}

TEST_F(CsvImportTest, FailingDiskIsSaidAndLeavesNothing) {
  Manifest("a.png,anna\nsub/b.png,ben\n");
  FaultyFileSystem disk(FileSystem::Posix());
  ASSERT_THAT(ImportImages(disk, options_), IsOk());
  const int calls = disk.calls();
  for (int n = 1; n < calls; ++n) {
    ASSERT_THAT(Disk().RemoveAll(options_.target), IsOk());
    disk.FailAt(n, FaultyFileSystem::DiskFull());
    EXPECT_FALSE(ImportImages(disk, options_).ok()) << n;
    EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source")) << n;
  }
}

TEST_F(CsvImportTest, FaceIsCutOutWhereAsked) {
  cv::Mat portrait = DrawnWall(320, 240);
  DrawFace(portrait, 240, 120, 80);
  dir_.Write("source/left.png", PngOf(portrait));
  Manifest("left.png,anna\na.png,ben\n");
  options_.spec.mutable_csv()->set_image_size(32);
  options_.spec.mutable_csv()->mutable_face_crop();
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 1);
  ASSERT_EQ(result->dropped.size(), 1u);
  EXPECT_EQ(result->dropped[0].path(), "a.png");
  EXPECT_EQ(result->dropped[0].reason(), "no face");
  // The middle of the picture is dark wall, the middle of the face is light.
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_GT(dataset->pixels(0)[(16 * 32 + 16) * 3], 150);
}

TEST_F(CsvImportTest, MarginShowsMoreAroundTheFace) {
  dir_.Write("source/portrait.png", PngOf(DrawnPortrait(60)));
  Manifest("portrait.png,anna\n");
  options_.spec.mutable_csv()->set_image_size(32);
  options_.spec.mutable_csv()->mutable_face_crop();
  const auto wall = [&] {  // pixels as dark as the wall
    EXPECT_THAT(Import(), IsOk());
    const auto dataset = Dataset::Open(Disk(), options_.target).value();
    EXPECT_THAT(Disk().RemoveAll(options_.target), IsOk());
    return std::count(dataset->pixels(0), dataset->pixels(0) + 32 * 32 * 3, 60);
  };
  const auto close = wall();
  options_.spec.mutable_csv()->mutable_face_crop()->set_margin(0.5f);
  EXPECT_GT(wall(), 2 * close);
}

TEST_F(CsvImportTest, MoreFeaturesThanImagesAreRefused) {
  dir_.Write("source/manifest.csv", "path,who,where\na.png,anna,here\n");
  ExpectRefused("more features (2) than images (1)");
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "TOO_FEW_IMAGES"));
}

}  // namespace
}  // namespace facet::model
