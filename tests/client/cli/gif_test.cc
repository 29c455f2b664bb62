// SPDX-License-Identifier: Apache-2.0
// WriteGif of client/cli/pictures.h, read again by the GIF library.
#include <gif_lib.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/pictures.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

struct GifCloser {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, GifCloser>;

Gif ReadGif(const std::string& path) {
  Gif gif(DGifOpenFileName(path.c_str(), nullptr));
  if (gif == nullptr || DGifSlurp(gif.get()) != GIF_OK) return nullptr;
  return gif;
}

cv::Vec3b PixelOf(const GifFileType& gif, int frame, int x, int y) {
  const SavedImage& image = gif.SavedImages[frame];
  const GifColorType& colour = image.ImageDesc.ColorMap->Colors[image.RasterBits[y * image.ImageDesc.Width + x]];
  return {colour.Blue, colour.Green, colour.Red};
}

int Distance(const cv::Vec3b& a, const cv::Vec3b& b) {
  return std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]);
}

TEST(WriteGifTest, HasEveryFrameWithItsDelayForEver) {
  TempDir dir;
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 3; ++i) {
    frames.emplace_back(6, 10, CV_8UC3);
    for (int y = 0; y < 6; ++y) {
      for (int x = 0; x < 10; ++x) frames[i].at<cv::Vec3b>(y, x) = cv::Vec3b(20 * x, 40 * y, 100 * i);
    }
  }
  ASSERT_THAT(WriteGif(dir / "a.gif", frames, 8), IsOk());
  EXPECT_NE(TempDir::Read(dir / "a.gif").find("NETSCAPE2.0"), std::string::npos);
  const Gif gif = ReadGif(dir / "a.gif");
  ASSERT_NE(gif, nullptr);
  ASSERT_EQ(gif->ImageCount, 3);
  EXPECT_EQ(gif->SWidth, 10);
  EXPECT_EQ(gif->SHeight, 6);
  for (int i = 0; i < 3; ++i) {
    GraphicsControlBlock control{};
    ASSERT_EQ(DGifSavedExtensionToGCB(gif.get(), i, &control), GIF_OK);
    EXPECT_EQ(control.DelayTime, 8);
    for (const auto& [x, y] : std::vector<std::pair<int, int>>{{0, 0}, {9, 5}, {4, 2}}) {
      EXPECT_LE(Distance(PixelOf(*gif, i, x, y), frames[i].at<cv::Vec3b>(y, x)), 24) << i << ": " << x << ", " << y;
    }
  }
}

TEST(WriteGifTest, TakesPicturesOfOneAndOfManyColours) {
  TempDir dir;
  const cv::Mat black(5, 5, CV_8UC3, cv::Scalar(0, 0, 0));
  const cv::Mat red(5, 5, CV_8UC3, cv::Scalar(0, 0, 255));
  cv::Mat many(64, 64, CV_8UC3);
  for (int i = 0; i < 64 * 64; ++i) many.at<cv::Vec3b>(i / 64, i % 64) = cv::Vec3b(i % 256, i / 16, i * 7 % 256);
  for (const cv::Mat& frame : {black, red, many}) {
    ASSERT_THAT(WriteGif(dir / "a.gif", {frame}, 1), IsOk());
    const Gif gif = ReadGif(dir / "a.gif");
    ASSERT_NE(gif, nullptr);
    EXPECT_LE(Distance(PixelOf(*gif, 0, 2, 2), frame.at<cv::Vec3b>(2, 2)), 60);
  }
}

TEST(WriteGifTest, TakesAPartOfALargerPicture) {
  TempDir dir;
  cv::Mat large(20, 20, CV_8UC3, cv::Scalar(255, 255, 255));
  const cv::Mat part = large(cv::Rect(5, 5, 4, 4));
  ASSERT_THAT(WriteGif(dir / "a.gif", {part}, 1), IsOk());
  const Gif gif = ReadGif(dir / "a.gif");
  ASSERT_NE(gif, nullptr);
  EXPECT_EQ(gif->SWidth, 4);
}

TEST(WriteGifTest, NoFramesAndNoFolderAreErrors) {
  TempDir dir;
  EXPECT_EQ(WriteGif(dir / "a.gif", {}, 1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WriteGif(dir / "nowhere/a.gif", {cv::Mat(2, 2, CV_8UC3, cv::Scalar())}, 1).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace facet::cli
