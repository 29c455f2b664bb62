// SPDX-License-Identifier: Apache-2.0
#include "model/image/codec.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Image RandomImage(int height, int width) {
  CounterRandom random(5, "image", height * 10000 + width);
  Image image{{height, width, 3}, {}};
  image.pixels.resize(image.shape.samples());
  for (uint8_t& sample : image.pixels) sample = static_cast<uint8_t>(random.NextUint32());
  return image;
}

// Red grows to the right, green downwards.
Image Gradient(int height, int width) {
  Image image{{height, width, 3}, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(255 * x / width));
      image.pixels.push_back(static_cast<uint8_t>(255 * y / height));
      image.pixels.push_back(40);
    }
  }
  return image;
}

Image Grey(int height, int width, const std::vector<uint8_t>& values) {
  Image image{{height, width, 3}, {}};
  for (const uint8_t value : values) image.pixels.insert(image.pixels.end(), 3, value);
  return image;
}

// The first channel.
std::vector<uint8_t> Reds(const Image& image) {
  std::vector<uint8_t> reds;
  for (size_t i = 0; i < image.pixels.size(); i += 3) reds.push_back(image.pixels[i]);
  return reds;
}

int LargestDifference(const Image& a, const Image& b) {
  EXPECT_EQ(a.shape, b.shape);
  int largest = 0;
  for (size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i) {
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return largest;
}

// What OpenCV makes of one BGR(A) or grey pixel everywhere.
std::string EncodedByOpenCv(const char* extension, int type, const cv::Scalar& pixel) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(cv::imencode(extension, cv::Mat(4, 6, type, pixel), bytes));
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> FirstPixel(const std::string& file) {
  const auto image = DecodeImage(file);
  EXPECT_THAT(image, IsOk());
  if (!image.ok()) return {};
  EXPECT_EQ(image->shape, (ImageShape{4, 6, 3}));
  return {image->pixels.begin(), image->pixels.begin() + 3};
}

TEST(CodecTest, PngGoesThereAndBackExactly) {
  for (const auto& [height, width] : {std::pair{1, 1}, {7, 13}, {64, 64}, {158, 158}}) {
    const Image image = RandomImage(height, width);
    const auto png = EncodePng(image.shape, image.pixels.data());
    ASSERT_THAT(png, IsOk());
    EXPECT_EQ(png->substr(1, 3), "PNG");
    const Image back = DecodeImage(*png).value();
    EXPECT_EQ(back.shape, image.shape);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(CodecTest, JpegGoesThereAndBackNearly) {
  const Image image = Gradient(64, 48);
  const std::string good = EncodeJpeg(image.shape, image.pixels.data(), 100).value();
  const std::string small = EncodeJpeg(image.shape, image.pixels.data(), 10).value();
  EXPECT_LE(LargestDifference(DecodeImage(good).value(), image), 6);
  EXPECT_LE(LargestDifference(DecodeImage(small).value(), image), 60);
  EXPECT_LT(small.size(), good.size());
}

TEST(CodecTest, EncodingIsAPureFunction) {
  const Image image = RandomImage(20, 20);
  EXPECT_EQ(EncodePng(image.shape, image.pixels.data()).value(), EncodePng(image.shape, image.pixels.data()).value());
  EXPECT_EQ(EncodeJpeg(image.shape, image.pixels.data(), 95).value(),
            EncodeJpeg(image.shape, image.pixels.data(), 95).value());
}

TEST(CodecTest, RefusesBadQualityAndShapes) {
  const Image image = RandomImage(4, 4);
  for (const int quality : {-1, 0, 101}) {
    EXPECT_THAT(EncodeJpeg(image.shape, image.pixels.data(), quality),
                IsError(absl::StatusCode::kInvalidArgument, HasSubstr("[1, 100]")));
  }
  for (const ImageShape& shape : {ImageShape{0, 4, 3}, ImageShape{4, 0, 3}, ImageShape{4, 4, 1}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(EncodePng(shape, image.pixels.data()).status()));
  }
}

TEST(DecodeImageTest, ReadsRedGreenBlueInThisOrder) {
  for (const char* extension : {".png", ".bmp", ".tiff", ".ppm"}) {
    EXPECT_THAT(FirstPixel(EncodedByOpenCv(extension, CV_8UC3, {30, 20, 10})), ElementsAre(10, 20, 30)) << extension;
  }
}

TEST(DecodeImageTest, GreyBecomesThreeEqualChannels) {
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".png", CV_8UC1, {77})), ElementsAre(77, 77, 77));
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".pgm", CV_8UC1, {77})), ElementsAre(77, 77, 77));
}

TEST(DecodeImageTest, SixteenBitsBecomeEight) {
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".png", CV_16UC3, {30 << 8, 20 << 8, 10 << 8})), ElementsAre(10, 20, 30));
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".tiff", CV_16UC3, {30 << 8, 20 << 8, 10 << 8})), ElementsAre(10, 20, 30));
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".png", CV_16UC1, {77 << 8})), ElementsAre(77, 77, 77));
}

TEST(DecodeImageTest, TransparencyIsIgnored) {
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".png", CV_8UC4, {30, 20, 10, 128})), ElementsAre(10, 20, 30));
  EXPECT_THAT(FirstPixel(EncodedByOpenCv(".png", CV_16UC4, {30 << 8, 20 << 8, 10 << 8, 1 << 15})),
              ElementsAre(10, 20, 30));
}

// A JPEG whose EXIF block asks for an orientation.
std::string WithOrientation(const std::string& jpeg, char orientation) {
  std::string exif("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 24);
  exif += orientation;
  exif += std::string(7, '\0');
  const char length = static_cast<char>(exif.size() + 2);
  return jpeg.substr(0, 2) + std::string("\xFF\xE1\0", 3) + length + exif + jpeg.substr(2);
}

TEST(DecodeImageTest, AppliesExifOrientation) {
  const Image image = Gradient(32, 64);  // red grows to the right
  const std::string jpeg = EncodeJpeg(image.shape, image.pixels.data(), 95).value();
  const Image plain = DecodeImage(WithOrientation(jpeg, 1)).value();
  EXPECT_EQ(plain.shape, (ImageShape{32, 64, 3}));
  // 6: to be turned clockwise for display, so that red grows downwards.
  const Image turned = DecodeImage(WithOrientation(jpeg, 6)).value();
  ASSERT_EQ(turned.shape, (ImageShape{64, 32, 3}));
  EXPECT_LT(Reds(turned)[16], 20);
  EXPECT_GT(Reds(turned)[63 * 32 + 16], 235);
}

TEST(DecodeImageTest, RefusesWhatIsNoImage) {
  for (const std::string& bytes : {std::string(), std::string("I am a text file named face.jpg\n"),
                                   std::string(1 << 20, '\0'), std::string("<svg/>"), std::string("NITF02.10")}) {
    EXPECT_THAT(DecodeImage(bytes), HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"));
  }
}

TEST(DecodeImageTest, RefusesHugeImagesBeforeSpendingMemory) {
  const std::string ppm = "P6 100000 100000 255\n";
  EXPECT_THAT(DecodeImage(ppm), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("64 megapixels")));
  EXPECT_THAT(DecodeImage(ppm), HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"));
  const Image image = RandomImage(8, 8);
  std::string png = EncodePng(image.shape, image.pixels.data()).value();
  png.replace(16, 8, std::string("\0\0\x1F\x41\0\0\x1F\x41", 8));  // 8001 x 8001
  EXPECT_THAT(DecodeImage(png), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("8001 x 8001")));
}

TEST(DecodeImageTest, RefusesImagesWithoutPixels) {
  const Image image = RandomImage(8, 8);
  std::string png = EncodePng(image.shape, image.pixels.data()).value();
  png.replace(16, 8, std::string(8, '\0'));
  EXPECT_THAT(DecodeImage(png), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("no pixels: 0 x 0")));
  EXPECT_THAT(DecodeImage(png), HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"));
}

// A progressive JPEG in which the last scan comes `times` times; 10 scans with 1.
std::string JpegWithLastScan(int times) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(
      cv::imencode(".jpg", cv::Mat(16, 24, CV_8UC3, cv::Scalar(30, 20, 10)), bytes, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}));
  const std::string file(bytes.begin(), bytes.end());
  const size_t scan = file.rfind("\xFF\xDA");
  const size_t end = file.size() - 2;
  std::string result = file.substr(0, scan);
  for (int i = 0; i < times; ++i) result += file.substr(scan, end - scan);
  return result + file.substr(end);
}

// Each scan goes over all pixels: a small file could hold a thread for minutes.
TEST(DecodeImageTest, RefusesJpegsOfVeryManyScans) {
  EXPECT_THAT(DecodeImage(JpegWithLastScan(1)), IsOk());
  EXPECT_THAT(DecodeImage(JpegWithLastScan(91)), IsOk());
  EXPECT_THAT(DecodeImage(JpegWithLastScan(92)),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("over 100 scans")));
  EXPECT_THAT(DecodeImage(JpegWithLastScan(92)), HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"));
}

TEST(DecodeImageTest, RefusesWhatIsCutOff) {
  const Image image = RandomImage(40, 50);
  cv::Mat mat(40, 50, CV_8UC3, const_cast<uint8_t*>(image.pixels.data()));
  for (const std::string extension : {".jpg", "progressive.jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm"}) {
    const std::vector<int> parameters =
        extension[0] == '.' ? std::vector<int>{} : std::vector<int>{cv::IMWRITE_JPEG_PROGRESSIVE, 1};
    std::vector<uint8_t> bytes;
    ASSERT_TRUE(cv::imencode(extension.substr(extension.find('.')), mat, bytes, parameters));
    const std::string file(bytes.begin(), bytes.end());
    EXPECT_THAT(DecodeImage(file), IsOk()) << extension;
    for (const double share : {0.5, 0.7, 0.9, 0.99}) {
      const auto length = static_cast<size_t>(share * static_cast<double>(file.size()));
      EXPECT_THAT(DecodeImage(file.substr(0, length)), HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"))
          << extension << " cut at " << share;
    }
  }
}

// A thumbnail has an end of its own.
TEST(DecodeImageTest, RefusesAJpegThatIsCutOffBehindItsThumbnail) {
  const Image image = RandomImage(40, 50);
  const std::string jpeg = EncodeJpeg(image.shape, image.pixels.data(), 90).value();
  const std::string thumbnail = EncodeJpeg({8, 8, 3}, image.pixels.data(), 50).value();
  const size_t length = thumbnail.size() + 2;
  std::string file = jpeg.substr(0, 2) + "\xFF\xE1";
  file += {static_cast<char>(length >> 8), static_cast<char>(length & 0xFF)};
  file += thumbnail + jpeg.substr(2);
  EXPECT_THAT(DecodeImage(file), IsOk());
  EXPECT_THAT(DecodeImage(file + "something behind it"), IsOk());
  EXPECT_THAT(DecodeImage(file.substr(0, file.size() - 100)),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")));
}

class DecodeDamagedTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const Image image = RandomImage(12, 17);
    const cv::Mat mat(12, 17, CV_8UC3, const_cast<uint8_t*>(image.pixels.data()));
    std::vector<uint8_t> bytes;
    ASSERT_TRUE(cv::imencode(GetParam(), mat, bytes));
    file_.assign(bytes.begin(), bytes.end());
  }

  // An image of a shape that can be, or BAD_IMAGE.
  static void Check(const std::string& file) {
    const auto image = DecodeImage(file);
    if (image.ok()) {
      EXPECT_EQ(image->pixels.size(), image->shape.samples());
      EXPECT_GE(image->shape.height, 1);
      EXPECT_LE(int64_t{1} * image->shape.height * image->shape.width, 64'000'000);
    } else {
      EXPECT_THAT(image, HasReason(absl::StatusCode::kInvalidArgument, "BAD_IMAGE"));
    }
  }

  std::string file_;
};

TEST_P(DecodeDamagedTest, EveryPrefixIsBorne) {
  for (size_t length = 0; length < file_.size(); ++length) Check(file_.substr(0, length));
}

TEST_P(DecodeDamagedTest, RandomDamageIsBorne) {
  for (uint64_t round = 0; round < 1500; ++round) Check(Mutate(file_, round));
}

TEST_P(DecodeDamagedTest, DamageOfTheHeaderIsBorne) {
  const std::string head = file_.substr(0, 64);
  for (uint64_t round = 0; round < 1500; ++round) Check(Mutate(head, round) + file_.substr(head.size()));
}

INSTANTIATE_TEST_SUITE_P(Formats, DecodeDamagedTest, testing::Values(".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm"));

TEST(ResizeToSquareTest, SameSizeIsTheSame) {
  const Image image = RandomImage(9, 9);
  EXPECT_EQ(ResizeToSquare(image, 9).pixels, image.pixels);
}

TEST(ResizeToSquareTest, CropsTheMiddle) {
  const Image wide = Grey(2, 6, {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16});
  EXPECT_THAT(Reds(ResizeToSquare(wide, 2)), ElementsAre(3, 4, 13, 14));
  const Image tall = Grey(5, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_THAT(Reds(ResizeToSquare(tall, 2)), ElementsAre(3, 4, 5, 6));
}

TEST(ResizeToSquareTest, ShrinksByMeans) {
  const Image image = Grey(4, 4, {0, 4, 10, 10, 8, 0, 10, 10, 100, 100, 0, 0, 100, 100, 0, 255});
  EXPECT_THAT(Reds(ResizeToSquare(image, 2)), ElementsAre(3, 10, 100, 64));
}

// The area filter written out: each new pixel is the mean of what it covers.
double CoveredMean(const Image& image, int side, int row, int column, int channel) {
  const double scale = static_cast<double>(image.shape.width) / side;
  const auto overlap = [scale](int pixel, int target) {
    return std::max(0.0, std::min(pixel + 1.0, (target + 1) * scale) - std::max<double>(pixel, target * scale));
  };
  double sum = 0;
  for (int y = 0; y < image.shape.height; ++y) {
    for (int x = 0; x < image.shape.width; ++x) {
      sum += overlap(y, row) * overlap(x, column) * image.pixels[3 * (y * image.shape.width + x) + channel];
    }
  }
  return sum / (scale * scale);
}

TEST(ResizeToSquareTest, ShrinksByCoveredAreaWhateverTheRatio) {
  const Image image = RandomImage(23, 23);
  for (const int side : {1, 2, 5, 8, 16, 22}) {
    const Image resized = ResizeToSquare(image, side);
    ASSERT_EQ(resized.shape, (ImageShape{side, side, 3}));
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        for (int c = 0; c < 3; ++c) {
          EXPECT_NEAR(resized.pixels[3 * (y * side + x) + c], CoveredMean(image, side, y, x, c), 1.01);
        }
      }
    }
  }
}

// Cubic growing by 2 of a step from 0 to 100, from the kernel's formula with
// a = -0.75: -3.5, -10.5 (cut off at 0), 22.7, 77.3, 110.5, 103.5.
TEST(ResizeToSquareTest, GrowsByCubics) {
  const Image image = Grey(4, 4, {0, 0, 100, 100, 0, 0, 100, 100, 0, 0, 100, 100, 0, 0, 100, 100});
  const std::vector<double> golden = {0, 0, 0, 22.66, 77.34, 110.55, 103.52, 100};
  const std::vector<uint8_t> reds = Reds(ResizeToSquare(image, 8));
  ASSERT_EQ(reds.size(), 64u);
  for (size_t i = 0; i < reds.size(); ++i) EXPECT_NEAR(reds[i], golden[i % 8], 0.6);
}

TEST(ResizeToSquareTest, KeepsConstantImages) {
  for (const int side : {1, 3, 8, 64, 200}) {
    const Image resized = ResizeToSquare(Grey(10, 15, std::vector<uint8_t>(150, 137)), side);
    EXPECT_TRUE(std::all_of(resized.pixels.begin(), resized.pixels.end(), [](uint8_t p) { return p == 137; }));
  }
}

}  // namespace
}  // namespace facet::model
