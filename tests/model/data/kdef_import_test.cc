// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_import.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "model/image/square_transform.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/drawn_face.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

FileSystem& Disk() { return *FileSystem::Posix(); }

// Two people, two expressions, session A, straight.
class KdefImportTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.source = dir_ / "source";
    options_.target = dir_ / "target";
    options_.spec.set_format(v1::DATASET_FORMAT_KDEF);
    kdef().set_image_size(16);
    Add("AF01/AF01NES.JPG", DrawnPortrait(80, 0));
    Add("AF01/AF01HAS.JPG", DrawnPortrait(80, 2));
    Add("AM02/AM02NES.jpg", DrawnPortrait(60, 0));
    Add("AM02/AM02HAS.png", DrawnPortrait(60, 2));
  }

  v1::KdefImportOptions& kdef() { return *options_.spec.mutable_kdef(); }
  void Add(const std::string& path, const cv::Mat& picture) { dir_.Write("source/" + path, PngOf(picture)); }
  absl::StatusOr<ImportResult> Import() { return ImportImages(Disk(), options_); }
  // The reason of each image left out.
  std::map<std::string, std::string> Dropped(const ImportResult& result) {
    std::map<std::string, std::string> reasons;
    for (const auto& dropped : result.dropped) reasons[dropped.path()] = dropped.reason();
    return reasons;
  }
  void ExpectRefused(const std::string& reason, const std::string& says) {
    const absl::Status status = Import().status();
    EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, reason));
    EXPECT_THAT(status.message(), HasSubstr(says));
    EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
  }

  TempDir dir_;
  ImportOptions options_;
};

TEST_F(KdefImportTest, MakesEightTransformsOfEachFace) {
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->dropped_count, 0);
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->info().shape, (ImageShape{16, 16, 3}));
  EXPECT_EQ(dataset->size(), 4 * 8);
  const auto& features = dataset->info().schema.features();
  ASSERT_EQ(features.size(), 3u);
  EXPECT_EQ(features[0], (Feature{"identity", {"F01", "M02"}}));
  EXPECT_EQ(features[1], (Feature{"expression", {"HA", "NE"}}));
  EXPECT_EQ(features[2], (Feature{"transform", {"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"}}));
  // By path: AF01HAS first, AM02NES last.
  EXPECT_THAT(dataset->labels(0), ElementsAre(0, 0, 0));
  EXPECT_THAT(dataset->labels(7), ElementsAre(0, 0, 7));
  EXPECT_THAT(dataset->labels(31), ElementsAre(1, 1, 7));
}

TEST_F(KdefImportTest, TransformsAreThoseOfTheSquare) {
  ASSERT_THAT(Import(), IsOk());
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  const ImageShape shape = dataset->info().shape;
  std::vector<uint8_t> expected(shape.samples());
  for (int t = 0; t < 8; ++t) {
    ApplySquareTransform({t % 4, t >= 4}, shape, {}, dataset->pixels(0), expected.data());
    EXPECT_EQ(std::vector<uint8_t>(dataset->pixels(t), dataset->pixels(t) + shape.samples()), expected) << t;
  }
}

TEST_F(KdefImportTest, OneTransformIsNoFeature) {
  kdef().add_transforms("m0");
  ASSERT_THAT(Import(), IsOk());
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->size(), 4);
  EXPECT_EQ(dataset->info().schema.size(), 2);
}

TEST_F(KdefImportTest, SeveralSessionsAndAnglesAreFeatures) {
  Add("BF01/BF01NES.JPG", DrawnPortrait(80, 1));
  Add("BF01/BF01NEHL.JPG", DrawnPortrait(80, 1));
  kdef().add_transforms("r0");
  ASSERT_THAT(Import(), IsOk());
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  const auto& features = dataset->info().schema.features();
  ASSERT_EQ(features.size(), 4u);
  EXPECT_EQ(features[2], (Feature{"session", {"A", "B"}}));
  EXPECT_EQ(features[3], (Feature{"angle", {"HL", "S"}}));
  EXPECT_THAT(dataset->labels(4), ElementsAre(0, 1, 1, 0));
}

TEST_F(KdefImportTest, WhatIsTheSameInAllFacesFoundIsNoFeature) {
  Add("BF01/BF01NES.JPG", DrawnWall());
  Add("AF01/AF01NEHL.JPG", DrawnWall());
  kdef().add_transforms("r0");
  ASSERT_THAT(Import(), IsOk());
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->info().schema.size(), 2);
  EXPECT_EQ(dataset->size(), 4);
  EXPECT_THAT(dataset->labels(1), ElementsAre(0, 1));
}

TEST_F(KdefImportTest, TakesWhatIsAskedForAlone) {
  Add("BF01/BF01NES.JPG", DrawnPortrait(80, 1));
  Add("BM02/BM02SAS.JPG", DrawnPortrait(60, 1));
  kdef().add_sessions("B");
  kdef().add_transforms("r0");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 2);
  EXPECT_EQ(result->dropped_count, 0);  // what was not asked for is not left out
  EXPECT_THAT(result->info.schema.features()[1].classes, ElementsAre("NE", "SA"));
}

TEST_F(KdefImportTest, LeavesOutAndSaysWhy) {
  Add("wall/AF03NES.JPG", DrawnWall());
  cv::Mat couple = DrawnWall(240);
  DrawFace(couple, 60, 75, 80);
  DrawFace(couple, 180, 75, 80);
  Add("couple/AF04NES.JPG", couple);
  dir_.Write("source/text/AF05NES.JPG", "I am a text file.\n");
  Add("portrait.jpg", DrawnPortrait());
  Add("AF01/copy/AF01NES.JPG", DrawnPortrait());
  dir_.Write("source/README.md", "not a picture");
  std::filesystem::create_symlink("AF01NES.JPG", dir_ / "source/AF01/AF06NES.JPG");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 4 * 8);
  EXPECT_EQ(result->dropped_count, 6);
  auto reasons = Dropped(*result);
  EXPECT_EQ(reasons["wall/AF03NES.JPG"], "no face");
  EXPECT_EQ(reasons["couple/AF04NES.JPG"], "several faces: 2");
  EXPECT_THAT(reasons["text/AF05NES.JPG"], StartsWith("unreadable: not a PNG, JPEG"));
  EXPECT_THAT(reasons["portrait.jpg"], StartsWith("unknown name"));
  EXPECT_THAT(reasons["AF01/copy/AF01NES.JPG"], StartsWith("double: the same name as 'AF01/AF01NES.JPG'"));
  EXPECT_EQ(reasons["AF01/AF06NES.JPG"], "a link, not followed");
  EXPECT_THAT(result->info.schema.features()[0].classes, ElementsAre("F01", "M02"));
}

TEST_F(KdefImportTest, BestOfSeveralIsTakenWhereAsked) {
  cv::Mat couple = DrawnWall(240);
  DrawFace(couple, 60, 75, 80);
  DrawFace(couple, 180, 75, 80);
  Add("AF04NES.JPG", couple);
  kdef().mutable_face_crop()->set_best_of_several(true);
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 5 * 8);
}

TEST_F(KdefImportTest, ResultDoesNotHangOnTheThreads) {
  std::vector<std::string> fingerprints;
  for (const int threads : {1, 2, 7}) {
    options_.threads = threads;
    options_.target = absl::StrCat(dir_ / "target", threads);
    fingerprints.push_back(Import()->info.fingerprint);
  }
  EXPECT_EQ(fingerprints[0], fingerprints[1]);
  EXPECT_EQ(fingerprints[0], fingerprints[2]);
}

TEST_F(KdefImportTest, CountsEveryPicture) {
  std::vector<int64_t> done;
  options_.progress = [&](int64_t n, int64_t total) {
    EXPECT_EQ(total, 4);
    done.push_back(n);
  };
  ASSERT_THAT(Import(), IsOk());
  EXPECT_THAT(done, ElementsAre(1, 2, 3, 4));
}

TEST_F(KdefImportTest, CancellationStopsAndLeavesNothing) {
  std::atomic<bool> cancelled = false;
  options_.cancelled = &cancelled;
  int done = 0;
  options_.progress = [&](int64_t, int64_t) {
    ++done;
    cancelled = true;
  };
  EXPECT_TRUE(absl::IsCancelled(Import().status()));
  EXPECT_EQ(done, 1);
  EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
}

TEST_F(KdefImportTest, FolderWithoutKdefNamesIsRefused) {
  options_.source = dir_ / "source/AF01";
  std::filesystem::rename(dir_ / "source/AF01/AF01NES.JPG", dir_ / "source/AF01/anna.jpg");
  std::filesystem::remove(dir_ / "source/AF01/AF01HAS.JPG");
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("the first is 'anna.jpg'")));
  std::filesystem::remove(dir_ / "source/AF01/anna.jpg");
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "NO_KDEF_NAMES"));
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("no pictures in it")));
}

// A folder for each person, and some of them elsewhere.
TEST_F(KdefImportTest, LinkedFoldersAreNotFollowedButTold) {
  dir_.Write("elsewhere/AF07NES.JPG", PngOf(DrawnPortrait(70, 0)));
  std::filesystem::create_directory_symlink(dir_ / "elsewhere", dir_ / "source/AF07");
  std::filesystem::create_symlink("nowhere", dir_ / "source/AF08");
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->dropped_count, 2);
  auto reasons = Dropped(*result);
  EXPECT_EQ(reasons["AF07"], "a link, not followed");
  EXPECT_EQ(reasons["AF08"], "a link, not followed") << "wherever it leads";
  EXPECT_THAT(result->info.schema.features()[0].classes, ElementsAre("F01", "M02"));
}

TEST_F(KdefImportTest, FolderOfLinksAloneIsRefusedWithTheFirst) {
  dir_.Write("links/readme.txt", "x");
  for (const char* person : {"AF01", "AM02"}) {
    std::filesystem::create_directory_symlink(dir_ / "source/AF01", dir_ / (std::string("links/") + person));
  }
  options_.source = dir_ / "links";
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "NO_KDEF_NAMES"));
  EXPECT_THAT(Import(),
              IsError(absl::StatusCode::kInvalidArgument,
                      HasSubstr("no pictures in it; links in it are not followed, the first of 2 is 'AF01'")));
}

TEST_F(KdefImportTest, OnePersonAloneIsRefused) {
  options_.source = dir_ / "source/AF01";
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kInvalidArgument, "ONE_PERSON"));
}

TEST_F(KdefImportTest, OnePersonWithAFaceIsRefused) {
  Add("AM02/AM02NES.jpg", DrawnWall());
  Add("AM02/AM02HAS.png", DrawnWall());
  ExpectRefused("ONE_PERSON", "F01");
}

TEST_F(KdefImportTest, ExpressionWithoutPicturesIsRefused) {
  kdef().add_expressions("NE");
  kdef().add_expressions("SA");
  ExpectRefused("NO_SUCH_PICTURES", "'SA' is in no picture of the folder. There are: HA, NE.");
  EXPECT_EQ(GetErrorDetail(Import().status()).field, "kdef.expressions[1]");
}

TEST_F(KdefImportTest, TakesThePeopleAskedFor) {
  Add("AF03/AF03NES.JPG", DrawnPortrait(70, 0));
  kdef().add_transforms("r0");
  for (const char* person : {"M02", "F03"}) kdef().add_people(person);
  ASSERT_THAT(Import(), IsOk());
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->info().schema.features()[0], (Feature{"identity", {"F03", "M02"}}));
  EXPECT_EQ(dataset->size(), 3);
}

TEST_F(KdefImportTest, PersonWithoutPicturesIsRefused) {
  for (const char* person : {"F01", "M02", "M35"}) kdef().add_people(person);
  const auto result = Import();
  EXPECT_THAT(result, IsBadField("kdef.people[2]", "NO_SUCH_PICTURES"));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("There are: F01, M02."));
}

// Among 65 people one whose face is not found must not be in the way.
TEST_F(KdefImportTest, PersonWithoutFacesIsLeftOut) {
  Add("AF03/AF03NES.JPG", DrawnWall());
  for (const char* person : {"F01", "M02", "F03"}) kdef().add_people(person);
  const auto result = Import();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(Dropped(*result).at("AF03/AF03NES.JPG"), StartsWith("no face"));
  const auto dataset = Dataset::Open(Disk(), options_.target).value();
  EXPECT_EQ(dataset->info().schema.features()[0], (Feature{"identity", {"F01", "M02"}}));
}

TEST_F(KdefImportTest, ExpressionWithoutFacesIsRefused) {
  Add("AF01SAS.JPG", DrawnWall());
  kdef().add_expressions("NE");
  kdef().add_expressions("SA");
  ExpectRefused("NO_SUCH_PICTURES", "'SA' has pictures, but none in which one face was found. There are: NE.");
}

TEST_F(KdefImportTest, ChoicesThatNeverMeetAreRefused) {
  Add("BF01SAS.JPG", DrawnPortrait());
  kdef().add_sessions("B");
  kdef().add_expressions("NE");
  ExpectRefused("EMPTY_DATASET", "asked for together");
}

TEST_F(KdefImportTest, NoFaceAnywhereIsRefused) {
  for (const char* path : {"AF01/AF01NES.JPG", "AF01/AF01HAS.JPG", "AM02/AM02NES.jpg", "AM02/AM02HAS.png"}) {
    Add(path, DrawnWall());
  }
  ExpectRefused("EMPTY_DATASET", "none of the 4 pictures can be used; the first, 'AF01/AF01HAS.JPG': no face");
}

TEST_F(KdefImportTest, MoreFeaturesThanImagesAreRefused) {
  std::filesystem::remove(dir_ / "source/AF01/AF01HAS.JPG");
  std::filesystem::remove(dir_ / "source/AM02/AM02HAS.png");
  ExpectRefused("TOO_FEW_IMAGES", "more features (3) than images (2)");
}

TEST_F(KdefImportTest, DamagedCascadeIsSaid) {
  dir_.Write("cascades/haarcascade_frontalface_default.xml", "<opencv_storage></opencv_storage>");
  options_.cascade_folders = {dir_ / "cascades"};
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kFailedPrecondition, "CASCADE_DAMAGED"));
  dir_.Write("cascades/haarcascade_frontalface_default.xml", "not XML");
  EXPECT_THAT(Import(), HasReason(absl::StatusCode::kFailedPrecondition, "CASCADE_DAMAGED"));
}

TEST_F(KdefImportTest, FailingDiskIsSaidAndLeavesNothing) {
  FaultyFileSystem disk(FileSystem::Posix());
  ASSERT_THAT(ImportImages(disk, options_), IsOk());
  const int calls = disk.calls();
  for (int n = 1; n < calls; n += 3) {
    ASSERT_THAT(Disk().RemoveAll(options_.target), IsOk());
    disk.FailAt(n, FaultyFileSystem::DiskFull());
    EXPECT_FALSE(ImportImages(disk, options_).ok()) << n;
    EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source")) << n;
  }
}

}  // namespace
}  // namespace facet::model
