// SPDX-License-Identifier: Apache-2.0
#include "client/cli/pictures.h"

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/client/cli/pixels.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

v1::ImageData Raw(const std::vector<int64_t>& shape, const std::string& bytes) {
  v1::ImageData data;
  data.set_encoding(v1::IMAGE_ENCODING_RAW);
  data.set_pixel_type(v1::PIXEL_TYPE_UINT8);
  data.set_layout(v1::PIXEL_LAYOUT_NHWC);
  data.mutable_shape()->Assign(shape.begin(), shape.end());
  data.set_data(bytes);
  return data;
}

TEST(DecodeImagesTest, RawPixelsBecomePicturesInOpenCvsOrder) {
  const auto images = DecodeImages(Raw({2, 1, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  ASSERT_THAT(images, IsOk());
  ASSERT_EQ(images->size(), 2u);
  EXPECT_EQ((*images)[0].at<cv::Vec3b>(0, 0), cv::Vec3b(3, 2, 1));
  EXPECT_EQ((*images)[1].at<cv::Vec3b>(0, 1), cv::Vec3b(12, 11, 10));
}

TEST(DecodeImagesTest, PngAndJpegAreDecoded) {
  for (const auto& [ending, encoding] :
       std::vector<std::pair<std::string, v1::ImageEncoding>>{{".png", v1::IMAGE_ENCODING_PNG},
                                                              {".jpg", v1::IMAGE_ENCODING_JPEG},
                                                              {".png", v1::IMAGE_ENCODING_UNSPECIFIED}}) {
    std::vector<uint8_t> bytes;
    cv::imencode(ending, Plain(5, 7, {0, 0, 255}), bytes);
    v1::ImageData data;
    data.set_encoding(encoding);
    data.set_data(bytes.data(), bytes.size());
    const auto images = DecodeImages(data);
    ASSERT_THAT(images, IsOk());
    EXPECT_EQ(images->at(0).size(), cv::Size(7, 5));
    EXPECT_GT(images->at(0).at<cv::Vec3b>(2, 2)[2], 250);
  }
}

TEST(DecodeImagesTest, WhatDoesNotFitIsDataLoss) {
  v1::ImageData png;
  png.set_encoding(v1::IMAGE_ENCODING_PNG);
  EXPECT_EQ(DecodeImages(png).status().code(), absl::StatusCode::kDataLoss);
  png.set_data("no image");
  EXPECT_EQ(DecodeImages(png).status().code(), absl::StatusCode::kDataLoss);
  for (const auto& shape : std::vector<std::vector<int64_t>>{{},
                                                             {1, 1, 2},
                                                             {1, 1, 2, 4},
                                                             {2, 1, 2, 3},
                                                             {1, 1, 3, 3},
                                                             {1, -1, -2, 3},
                                                             {-1, 1, 2, 3},
                                                             {1, 1, 0, 3},
                                                             {int64_t{1} << 62, 4, 1, 3},
                                                             {1, int64_t{1} << 62, 4, 3}}) {
    EXPECT_EQ(DecodeImages(Raw(shape, std::string(6, 'x'))).status().code(), absl::StatusCode::kDataLoss)
        << testing::PrintToString(shape);
  }
  v1::ImageData floats = Raw({1, 1, 2, 3}, std::string(6, 'x'));
  floats.set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  EXPECT_EQ(DecodeImages(floats).status().code(), absl::StatusCode::kDataLoss);
  v1::ImageData planar = Raw({1, 3, 1, 2}, std::string(6, 'x'));
  planar.set_layout(v1::PIXEL_LAYOUT_NCHW);
  EXPECT_EQ(DecodeImages(planar).status().code(), absl::StatusCode::kDataLoss);
}

TEST(EnlargeTest, RepeatsPixelsUntilTheLongerSideIsThere) {
  cv::Mat small = Plain(2, 3, {0, 0, 0});
  small.at<cv::Vec3b>(0, 0) = cv::Vec3b(1, 2, 3);
  const cv::Mat large = Enlarge(small, 7);
  EXPECT_EQ(large.size(), cv::Size(9, 6));
  EXPECT_EQ(Count(large, {1, 2, 3}), 9);
  EXPECT_EQ(Enlarge(small, 3).size(), small.size());
  EXPECT_EQ(Enlarge(small, 0).size(), small.size());
  EXPECT_TRUE(Enlarge(cv::Mat(), 7).empty());
}

TEST(DrawSheetTest, ShowsEveryCellWhole) {
  Sheet sheet;
  sheet.title = "title";
  sheet.columns = 2;
  sheet.column_labels = {"left", "right"};
  sheet.row_labels = {"a", "b"};
  sheet.captions = {"one", "two\nlines", "three"};
  sheet.cell_pixels = 20;
  sheet.cells = {Plain(20, 20, {255, 0, 0}), Plain(10, 10, {0, 255, 0}), Plain(20, 20, {0, 0, 255})};
  const cv::Mat picture = DrawSheet(sheet);
  EXPECT_EQ(Count(picture, {255, 0, 0}), 400);
  EXPECT_EQ(Count(picture, {0, 255, 0}), 400);
  EXPECT_EQ(Count(picture, {0, 0, 255}), 400);
}

TEST(DrawSheetTest, LeavesEmptyCellsBlank) {
  Sheet sheet;
  sheet.columns = 2;
  sheet.cells = {cv::Mat(), Plain(84, 84, {9, 9, 9})};
  const cv::Mat picture = DrawSheet(sheet);
  EXPECT_EQ(Count(picture, {9, 9, 9}), 84 * 84);
  EXPECT_EQ(Count(picture, {9, 9, 9}) + Count(picture, {255, 255, 255}), static_cast<int>(picture.total()));
}

TEST(DrawSheetTest, IsWideEnoughForItsWords) {
  Sheet sheet;
  sheet.cells = {Plain(8, 8, {9, 9, 9})};
  sheet.cell_pixels = 8;
  const int narrow = DrawSheet(sheet).cols;
  sheet.captions = {"a long caption below a small picture"};
  const int wide = DrawSheet(sheet).cols;
  EXPECT_GT(wide, narrow + 150);
  sheet.title = "a title that is longer still than the caption that is below the small picture";
  EXPECT_GT(DrawSheet(sheet).cols, wide + 150);
}

TEST(DrawSheetTest, NoCellsAreAnEmptySheet) {
  Sheet sheet;
  sheet.title = "nothing";
  EXPECT_FALSE(DrawSheet(sheet).empty());
}

TEST(WritePictureTest, TheEndingSaysTheFormat) {
  TempDir dir;
  const cv::Mat picture = Plain(5, 7, {0, 0, 255});
  for (const char* name : {"a.png", "b.PNG", "c.jpg", "d.JPEG"}) {
    ASSERT_THAT(WritePicture(dir / name, picture), IsOk());
    EXPECT_EQ(cv::imread(dir / name).size(), cv::Size(7, 5)) << name;
  }
  EXPECT_EQ(TempDir::Read(dir / "b.PNG").substr(1, 3), "PNG");
  EXPECT_EQ(TempDir::Read(dir / "d.JPEG").substr(0, 2), "\xff\xd8");
  for (const char* name : {"a", "a.bmp", "a.png.txt", ""}) {
    EXPECT_THAT(WritePicture(dir / name, picture), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(".png")));
  }
}

TEST(WritePictureTest, ADashIsPngOnStandardOutput) {
  testing::internal::CaptureStdout();
  ASSERT_THAT(WritePicture("-", Plain(5, 7, {0, 0, 255})), IsOk());
  EXPECT_EQ(testing::internal::GetCapturedStdout().substr(1, 3), "PNG");
}

}  // namespace
}  // namespace facet::cli
