// SPDX-License-Identifier: Apache-2.0
#include "model/image/image_header.h"

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"

namespace facet::model {
namespace {

std::string Encoded(const char* extension, int width, int height, int type = CV_8UC3,
                    const std::vector<int>& parameters = {}) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(cv::imencode(extension, cv::Mat(height, width, type, cv::Scalar::all(100)), bytes, parameters));
  return {bytes.begin(), bytes.end()};
}

// Bytes written out, zeros included.
template <size_t n>
std::string Raw(const char (&bytes)[n]) {
  return {bytes, n - 1};
}

class ImageHeaderTest : public testing::TestWithParam<const char*> {};

TEST_P(ImageHeaderTest, ReadsWhatOpenCvWrote) {
  for (const ImageSize size : {ImageSize{1, 1}, ImageSize{17, 300}, ImageSize{300, 17}, ImageSize{1000, 999}}) {
    const std::string file = Encoded(GetParam(), static_cast<int>(size.width), static_cast<int>(size.height));
    EXPECT_EQ(ReadImageSize(file), size) << GetParam();
  }
}

TEST_P(ImageHeaderTest, EveryPrefixIsTheSameSizeOrNone) {
  const std::string file = Encoded(GetParam(), 21, 13);
  const ImageSize whole{21, 13};
  for (size_t length = 0; length < file.size(); ++length) {
    const auto size = ReadImageSize(absl::string_view(file).substr(0, length));
    // The numbers of a PNM are text: cut short they are smaller numbers.
    const bool text = file[0] == 'P';
    EXPECT_TRUE(!size.has_value() || text || *size == whole) << GetParam() << " cut to " << length;
  }
}

TEST_P(ImageHeaderTest, BearsDamage) {
  const std::string file = Encoded(GetParam(), 21, 13);
  int sizes = 0;
  for (uint64_t round = 0; round < 20'000; ++round) {
    sizes += ReadImageSize(Mutate(file.substr(0, 200), round)).has_value();
  }
  EXPECT_GT(sizes, 0);
  EXPECT_LT(sizes, 20'000);
}

INSTANTIATE_TEST_SUITE_P(Formats, ImageHeaderTest, testing::Values(".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm"));

TEST(ReadImageSizeTest, KnowsFurtherKinds) {
  const ImageSize size{20, 30};
  EXPECT_EQ(ReadImageSize(Encoded(".pgm", 20, 30, CV_8UC1)), size);
  EXPECT_EQ(ReadImageSize(Encoded(".pbm", 20, 30, CV_8UC1)), size);
  EXPECT_EQ(ReadImageSize(Encoded(".png", 20, 30, CV_16UC4)), size);
  EXPECT_EQ(ReadImageSize(Encoded(".jpg", 20, 30, CV_8UC3, {cv::IMWRITE_JPEG_PROGRESSIVE, 1})), size);
  EXPECT_EQ(ReadImageSize(Encoded(".webp", 20, 30, CV_8UC3, {cv::IMWRITE_WEBP_QUALITY, 50})), size);   // VP8
  EXPECT_EQ(ReadImageSize(Encoded(".webp", 20, 30, CV_8UC3, {cv::IMWRITE_WEBP_QUALITY, 101})), size);  // VP8L
}

TEST(ReadImageSizeTest, KnowsExtendedWebp) {
  const std::string file = Raw("RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\x10\0\0\0\x13\0\0\x1D\0\0") + std::string(20, '\0');
  EXPECT_EQ(ReadImageSize(file), (ImageSize{20, 30}));
}

TEST(ReadImageSizeTest, KnowsOldAndUpsideDownBitmaps) {
  EXPECT_EQ(ReadImageSize(Raw("BM\0\0\0\0\0\0\0\0\0\0\0\0\x0C\0\0\0\x14\0\x1E\0\x01\0\x18\0")), (ImageSize{20, 30}));
  EXPECT_EQ(ReadImageSize(Raw("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x14\0\0\0\xE2\xFF\xFF\xFF")), (ImageSize{20, 30}));
}

TEST(ReadImageSizeTest, KnowsBothOrdersOfTiff) {
  const std::string little =
      Raw("II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x14\0\0\0\x01\x01\x04\0\x01\0\0\0\x1E\0\0\0");
  const std::string big =
      Raw("MM\0*\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\0\x14\0\0\x01\x01\0\x04\0\0\0\x01\0\0\0\x1E");
  EXPECT_EQ(ReadImageSize(little), (ImageSize{20, 30}));
  EXPECT_EQ(ReadImageSize(big), (ImageSize{20, 30}));
}

// Others are read in other ways, or not, by a decoder.
TEST(ReadImageSizeTest, RefusesTiffWithSidesThatAreNoSingleShortOrLong) {
  const auto tiff = [](char type, char count) {
    std::string file = Raw("II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x14\0\0\0\x01\x01\x04\0\x01\0\0\0\x1E\0\0\0");
    file[12] = type;
    file[14] = count;
    return file;
  };
  EXPECT_EQ(ReadImageSize(tiff(3, 1)), (ImageSize{20, 30}));
  EXPECT_EQ(ReadImageSize(tiff(4, 1)), (ImageSize{20, 30}));
  for (const char type : {0, 1, 2, 5, 6, 8, 9, 11, 12, 13, 16, 18}) {
    EXPECT_EQ(ReadImageSize(tiff(type, 1)), std::nullopt) << int{type};
  }
  EXPECT_EQ(ReadImageSize(tiff(3, 0)), std::nullopt);
  EXPECT_EQ(ReadImageSize(tiff(3, 2)), std::nullopt);
}

TEST(ReadImageSizeTest, RefusesTiffThatSaysItsWidthTwice) {
  EXPECT_EQ(ReadImageSize(Raw("II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x14\0\0\0\0\x01\x03\0\x01\0\0\0\x15\0\0\0")),
            std::nullopt);
}

TEST(ReadImageSizeTest, SkipsCommentsOfPnm) {
  EXPECT_EQ(ReadImageSize("P6\n# by hand\n20 # width\n30\n255\n"), (ImageSize{20, 30}));
  EXPECT_EQ(ReadImageSize("P6 99999999999 30 255\n"), std::nullopt);
  EXPECT_EQ(ReadImageSize("P6 -3 30 255\n"), std::nullopt);
  EXPECT_EQ(ReadImageSize("P6\n# a comment without end"), std::nullopt);
}

TEST(ReadImageSizeTest, SkipsPaddingAndSegmentsOfJpeg) {
  const std::string frame = Raw("\xFF\xC2\0\x11\x08\0\x1E\0\x14\x03");
  EXPECT_EQ(ReadImageSize(Raw("\xFF\xD8\xFF\xFF\xE0\0\x04zz") + frame), (ImageSize{20, 30}));
  EXPECT_EQ(ReadImageSize(Raw("\xFF\xD8\xFF\xE0\0\x01") + frame), std::nullopt);
  EXPECT_EQ(ReadImageSize("\xFF\xD8" + std::string(1 << 20, '\xFF')), std::nullopt);
}

TEST(ReadImageSizeTest, KnowsNothingElse) {
  for (const std::string& file :
       {std::string(), std::string("x"), std::string("hello, I am a text"), std::string(1000, '\0'),
        Raw("GIF89a\x14\0\x1E\0"), std::string("<svg width='20' height='30'/>"),
        std::string("<VRTDataset rasterXSize='20'/>"), std::string("NITF02.10"), Raw("\0\0\0\x0CjP  \r\n\x87\n"),
        std::string("#?RADIANCE\n\n-Y 30 +X 20\n"), std::string("PF\n20 30\n-1\n")}) {
    EXPECT_EQ(ReadImageSize(file), std::nullopt) << file.substr(0, 20);
  }
}

TEST(ReadImageSizeTest, SidesOfZeroAreWhatTheHeaderSays) {
  std::string png = Encoded(".png", 3, 4);
  png.replace(16, 4, std::string(4, '\0'));
  EXPECT_EQ(ReadImageSize(png), (ImageSize{0, 4}));
  png.replace(20, 4, std::string(4, '\0'));
  EXPECT_EQ(ReadImageSize(png), (ImageSize{0, 0}));
}

TEST(CountJpegScansTest, CountsThem) {
  EXPECT_EQ(CountJpegScans(Encoded(".jpg", 20, 30)), 1);
  EXPECT_EQ(CountJpegScans(Encoded(".jpg", 20, 30, CV_8UC1, {cv::IMWRITE_JPEG_PROGRESSIVE, 1})), 6);
  EXPECT_EQ(CountJpegScans(Encoded(".jpg", 20, 30, CV_8UC3, {cv::IMWRITE_JPEG_PROGRESSIVE, 1})), 10);
  EXPECT_EQ(CountJpegScans(Encoded(".png", 20, 30)), 0);
  EXPECT_EQ(CountJpegScans(""), 0);
  EXPECT_EQ(CountJpegScans("\xFF\xD8\xFF\xE0"), 0);
}

constexpr absl::string_view kScan("\xFF\xDA\0\x08\1\1\0\0\x3F\0", 10);

// A JPEG of one scan with `data`.
std::string JpegWithData(absl::string_view data) { return absl::StrCat("\xFF\xD8", kScan, data); }

TEST(CountJpegScansTest, StopsAtTheEndOfTheImage) {
  EXPECT_EQ(CountJpegScans(JpegWithData(absl::StrCat("data", kScan, "\xFF\xD9", kScan, kScan))), 2);
}

TEST(CountJpegScansTest, TakesNothingInASegmentForAScanOrAnEnd) {
  EXPECT_EQ(CountJpegScans(JpegWithData(absl::StrCat(Raw("\xFF\xC4\0\x06\xFF\xDA\xFF\xD9"), kScan))), 2);
}

// As libjpeg goes on: else a scan could hide in what is taken for a segment.
TEST(CountJpegScansTest, SkipsNoMoreThanTheDecoder) {
  for (const std::string& bare :
       {Raw("\xFF\0"), Raw("\xFF\xD3"), Raw("\xFF\x01"), Raw("\xFF\x02"), Raw("\xFF\xBF"), Raw("\xFF\xFF")}) {
    EXPECT_EQ(CountJpegScans(JpegWithData(absl::StrCat(bare, "\x10\x10", kScan, kScan))), 3);
  }
  EXPECT_EQ(CountJpegScans(JpegWithData(absl::StrCat(Raw("\xFF\xFE\0\0"), kScan))), 2);
}

TEST(CountJpegScansTest, BearsDamage) {
  const std::string file = Encoded(".jpg", 20, 30, CV_8UC3, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_LE(CountJpegScans(absl::string_view(file).substr(0, length)), 10);
  }
  for (uint64_t round = 0; round < 5'000; ++round) EXPECT_GE(CountJpegScans(Mutate(file, round)), 0);
}

}  // namespace
}  // namespace facet::model
