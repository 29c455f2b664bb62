// SPDX-License-Identifier: Apache-2.0
#include "model/image/face_finder.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/crashing_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/drawn_face.h"

namespace facet::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

FileSystem& Disk() { return *FileSystem::Posix(); }

TEST(ReadFaceCascadeTest, TheFirstFolderThatHasItIsTaken) {
  const TempDir dir;
  dir.Write(absl::StrCat("b/", kFaceCascadeFile), "of b");
  dir.Write(absl::StrCat("c/", kFaceCascadeFile), "of c");
  const std::vector<std::string> folders = {dir / "a", dir / "b", dir / "c"};
  EXPECT_EQ(ReadFaceCascade(Disk(), folders).value(), "of b");
}

TEST(ReadFaceCascadeTest, ElseTheSystemsIs) {
  EXPECT_THAT(ReadFaceCascade(Disk(), {}).value(), HasSubstr("<opencv_storage>"));
}

TEST(ReadFaceCascadeTest, WithoutOneItSaysWhereItLookedAndWhatToInstall) {
  CrashingFileSystem empty;
  const auto cascade = ReadFaceCascade(empty, std::vector<std::string>{"/of/facet"});
  EXPECT_THAT(cascade, HasReason(absl::StatusCode::kFailedPrecondition, "CASCADE_MISSING"));
  EXPECT_THAT(std::string(cascade.status().message()), AllOf(HasSubstr("/of/facet"), HasSubstr("opencv-data")));
}

TEST(FaceFinderTest, WhatIsNoCascadeIsRefused) {
  const std::string whole = ReadFaceCascade(Disk(), {}).value();
  const std::vector<std::string> texts = {"", "not XML", "<opencv_storage></opencv_storage>",
                                          "<?xml version=\"1.0\"?><a/>", whole.substr(0, whole.size() / 2)};
  for (const std::string& text : texts) {
    EXPECT_THAT(FaceFinder::Create(text), HasReason(absl::StatusCode::kFailedPrecondition, "CASCADE_DAMAGED"))
        << text.substr(0, 40);
  }
}

class DrawnFacesTest : public testing::Test {
 protected:
  std::vector<FaceBox> Find(const cv::Mat& picture, double min_share = 1.0 / 3) {
    return finder_->Find(ImageFromRgb(picture), min_share);
  }
  const std::unique_ptr<FaceFinder> finder_ =
      FaceFinder::Create(ReadFaceCascade(*FileSystem::Posix(), {}).value()).value();
};

TEST_F(DrawnFacesTest, AFaceHasItsBox) {
  const std::vector<FaceBox> faces = Find(DrawnPortrait(80));
  ASSERT_EQ(faces.size(), 1u);
  const FaceBox& face = faces[0];
  EXPECT_NEAR(face.x + face.side / 2.0, 60, 8);
  EXPECT_NEAR(face.y + face.side / 2.0, 75, 12);
  EXPECT_NEAR(face.side, 80, 16);
  EXPECT_GE(face.support, 3);
}

TEST_F(DrawnFacesTest, AWallHasNone) { EXPECT_THAT(Find(DrawnWall()), IsEmpty()); }

TEST_F(DrawnFacesTest, TwoFacesAreTwo) {
  cv::Mat couple = DrawnWall(240);
  DrawFace(couple, 60, 75, 80);
  DrawFace(couple, 180, 75, 80);
  EXPECT_EQ(Find(couple).size(), 2u);
}

TEST_F(DrawnFacesTest, FacesBelowTheShareAreNotLookedFor) {
  const cv::Mat picture = DrawnPortrait(60);
  const std::vector<FaceBox> faces = Find(picture);
  ASSERT_EQ(faces.size(), 1u);
  EXPECT_THAT(Find(picture, 1.5 * faces[0].side / 120), IsEmpty());
}

TEST_F(DrawnFacesTest, AFaceWellAboveTheShareHasTheSameBoxWhateverTheShare) {
  const cv::Mat picture = DrawnPortrait(80);
  EXPECT_EQ(Find(picture, 0.2), Find(picture, 0.3));
}

TEST_F(DrawnFacesTest, BoxesLieWithinThePicture) {
  for (const int x : {30, 40, 80, 90}) {
    cv::Mat picture = DrawnWall();
    DrawFace(picture, x, 75, 80);
    for (const FaceBox& face : Find(picture)) {
      EXPECT_GE(face.x, 0);
      EXPECT_GE(face.y, 0);
      EXPECT_LE(face.x + face.side, 120);
      EXPECT_LE(face.y + face.side, 160);
    }
  }
}

TEST_F(DrawnFacesTest, ATinyPictureHasNone) {
  EXPECT_THAT(Find(DrawnWall(1, 1)), IsEmpty());
  EXPECT_THAT(Find(DrawnWall(200, 10)), IsEmpty());
}

// Each pixel is (x, y, 0).
Image Places(int height, int width) {
  Image image{{height, width, 3}, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.insert(image.pixels.end(), {static_cast<uint8_t>(x), static_cast<uint8_t>(y), 0});
    }
  }
  return image;
}

// Column and row of the picture that a pixel of the face shows.
std::pair<int, int> PlaceAt(const Image& face, int x, int y) {
  const uint8_t* pixel = &face.pixels[size_t{3} * (y * face.shape.width + x)];
  return {pixel[0], pixel[1]};
}

TEST(CropFaceTest, WithoutAMarginItIsTheBox) {
  const Image face = CropFace(Places(50, 60), {10, 20, 16, 0}, 0, 16);
  EXPECT_EQ(face.shape, (ImageShape{16, 16, 3}));
  EXPECT_EQ(PlaceAt(face, 0, 0), std::pair(10, 20));
  EXPECT_EQ(PlaceAt(face, 15, 15), std::pair(25, 35));
}

TEST(CropFaceTest, TheMarginIsOnEachSide) {
  const Image face = CropFace(Places(50, 60), {10, 20, 16, 0}, 0.25, 24);
  EXPECT_EQ(PlaceAt(face, 0, 0), std::pair(6, 16));
  EXPECT_EQ(PlaceAt(face, 23, 23), std::pair(29, 39));
}

TEST(CropFaceTest, BeyondTheEdgeTheLastPixelsAreRepeated) {
  const Image face = CropFace(Places(20, 20), {0, 4, 16, 0}, 0.5, 32);  // columns -8 to 23, rows -4 to 27
  EXPECT_EQ(PlaceAt(face, 0, 0), std::pair(0, 0));
  EXPECT_EQ(PlaceAt(face, 8, 4), std::pair(0, 0));
  EXPECT_EQ(PlaceAt(face, 9, 5), std::pair(1, 1));
  EXPECT_EQ(PlaceAt(face, 27, 23), std::pair(19, 19));
  EXPECT_EQ(PlaceAt(face, 31, 31), std::pair(19, 19));
  EXPECT_EQ(PlaceAt(face, 31, 10), std::pair(19, 6));
}

TEST(CropFaceTest, ItIsResizedToTheSideAskedFor) {
  const Image image = Places(50, 60);
  for (const int side : {1, 8, 40}) {
    EXPECT_EQ(CropFace(image, {10, 20, 16, 0}, 0, side).shape, (ImageShape{side, side, 3}));
  }
  const Image half = CropFace(image, {10, 20, 16, 0}, 0, 8);
  // Means of 2 x 2 pixels: 10 and 11, 20 and 21.
  EXPECT_NEAR(PlaceAt(half, 0, 0).first, 10.5, 0.5);
  EXPECT_NEAR(PlaceAt(half, 7, 7).second, 34.5, 0.5);
}

}  // namespace
}  // namespace facet::model
