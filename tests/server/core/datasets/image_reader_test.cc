// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/image_reader.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "model/image/codec.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::server {
namespace {

using testing::ElementsAre;

constexpr model::ImageShape kShape{2, 3, 3};

class ImageReaderTest : public testing::Test {
 protected:
  ImageReaderTest() {
    auto schema = model::FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "blue"}}}).value();
    dataset_ = model::MakeDataset(dir_ / "data", schema, model::AllCombinations(schema));
  }

  static v1::ReadDatasetImagesRequest Request(const std::vector<int64_t>& indices,
                                              v1::ImageEncoding encoding = v1::IMAGE_ENCODING_RAW) {
    v1::ReadDatasetImagesRequest request;
    request.mutable_indices()->Assign(indices.begin(), indices.end());
    request.mutable_format()->set_encoding(encoding);
    return request;
  }
  absl::StatusOr<v1::ReadDatasetImagesResponse> Read(const v1::ReadDatasetImagesRequest& request) {
    return ReadImagesOf(*dataset_, request);
  }
  static std::string Bytes(int64_t index) {
    const std::vector<uint8_t> pixels = model::PixelsOf(index, kShape);
    return {pixels.begin(), pixels.end()};
  }

  TempDir dir_;
  std::unique_ptr<model::Dataset> dataset_;
};

TEST_F(ImageReaderTest, GivesImagesAndLabelsInTheOrderAskedFor) {
  const auto response = Read(Request({5, 0, 5}));
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->images_size(), 3);
  EXPECT_EQ(response->images(0).index(), 5);
  EXPECT_THAT(response->images(0).classes(), ElementsAre("2", "blue"));
  EXPECT_THAT(response->images(1).classes(), ElementsAre("0", "red"));
  EXPECT_EQ(response->images(1).image().data(), Bytes(0));
  EXPECT_EQ(response->images(2).image().data(), Bytes(5));
}

TEST_F(ImageReaderTest, RawBytesAreThePixelsWithTheirShape) {
  const v1::ImageData image = Read(Request({3}))->images(0).image();
  EXPECT_EQ(image.encoding(), v1::IMAGE_ENCODING_RAW);
  EXPECT_EQ(image.pixel_type(), v1::PIXEL_TYPE_UINT8);
  EXPECT_EQ(image.layout(), v1::PIXEL_LAYOUT_NHWC);
  EXPECT_THAT(image.shape(), ElementsAre(1, 2, 3, 3));
  EXPECT_EQ(image.data(), Bytes(3));
}

TEST_F(ImageReaderTest, PlanarPixelsHaveChannelsFirst) {
  auto request = Request({3});
  request.mutable_format()->set_layout(v1::PIXEL_LAYOUT_NCHW);
  const v1::ImageData image = Read(request)->images(0).image();
  EXPECT_THAT(image.shape(), ElementsAre(1, 3, 2, 3));
  const std::string packed = Bytes(3);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 6; ++i) EXPECT_EQ(image.data()[c * 6 + i], packed[i * 3 + c]);
  }
}

TEST_F(ImageReaderTest, FloatsLieInZeroToOne) {
  auto request = Request({3});
  request.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  const v1::ImageData image = Read(request)->images(0).image();
  EXPECT_EQ(image.pixel_type(), v1::PIXEL_TYPE_FLOAT32);
  const std::string bytes = Bytes(3);
  ASSERT_EQ(image.data().size(), bytes.size() * sizeof(float));
  for (size_t i = 0; i < bytes.size(); ++i) {
    float value;
    std::memcpy(&value, image.data().data() + i * sizeof(float), sizeof(value));
    EXPECT_EQ(value, static_cast<float>(static_cast<uint8_t>(bytes[i])) / 255.0f);
  }
}

TEST_F(ImageReaderTest, PngHoldsTheSamePixels) {
  for (const auto encoding : {v1::IMAGE_ENCODING_PNG, v1::IMAGE_ENCODING_UNSPECIFIED}) {
    const v1::ImageData image = Read(Request({4}, encoding))->images(0).image();
    EXPECT_EQ(image.encoding(), v1::IMAGE_ENCODING_PNG);
    EXPECT_THAT(image.shape(), ElementsAre(1, 2, 3, 3));
    const auto decoded = model::DecodeImage(image.data());
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->pixels, model::PixelsOf(4, kShape));
  }
}

TEST_F(ImageReaderTest, JpegIsOfTheAskedQuality) {
  auto request = Request({4}, v1::IMAGE_ENCODING_JPEG);
  const v1::ImageData usual = Read(request)->images(0).image();
  EXPECT_EQ(usual.encoding(), v1::IMAGE_ENCODING_JPEG);
  EXPECT_EQ(model::DecodeImage(usual.data())->shape, kShape);
  request.mutable_format()->set_jpeg_quality(95);
  EXPECT_EQ(Read(request)->images(0).image().data(), usual.data()) << "0 means 95";
  request.mutable_format()->set_jpeg_quality(1);
  EXPECT_LT(Read(request)->images(0).image().data().size(), usual.data().size());
}

TEST_F(ImageReaderTest, BadRequestsAreRefusedAtTheirField) {
  EXPECT_THAT(Read(Request({})), IsBadField("indices", "OUT_OF_RANGE"));
  EXPECT_THAT(Read(Request(std::vector<int64_t>(257, 0))), IsBadField("indices", "OUT_OF_RANGE"));
  EXPECT_THAT(Read(Request(std::vector<int64_t>(256, 0))), IsOk());
  EXPECT_THAT(Read(Request({0, 6})), IsBadField("indices[1]", "OUT_OF_RANGE"));
  EXPECT_THAT(Read(Request({-1})), IsBadField("indices[0]", "OUT_OF_RANGE"));
  for (const int quality : {-1, 101}) {
    auto request = Request({0}, v1::IMAGE_ENCODING_JPEG);
    request.mutable_format()->set_jpeg_quality(quality);
    EXPECT_THAT(Read(request), IsBadField("format.jpeg_quality", "BAD_FORMAT"));
  }
}

TEST_F(ImageReaderTest, FormsThatDoNotExistAreRefused) {
  auto request = Request({0}, static_cast<v1::ImageEncoding>(9));
  EXPECT_THAT(Read(request), IsBadField("format.encoding", "BAD_FORMAT"));
  request = Request({0});
  request.mutable_format()->set_pixel_type(static_cast<v1::PixelType>(9));
  EXPECT_THAT(Read(request), IsBadField("format.pixel_type", "BAD_FORMAT"));
  request = Request({0});
  request.mutable_format()->set_layout(static_cast<v1::PixelLayout>(9));
  EXPECT_THAT(Read(request), IsBadField("format.layout", "BAD_FORMAT"));
}

TEST_F(ImageReaderTest, PixelsThatAnEncodingCannotHoldAreRefused) {
  auto floats = Request({0}, v1::IMAGE_ENCODING_PNG);
  floats.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  EXPECT_THAT(Read(floats), IsBadField("format.pixel_type", "BAD_FORMAT"));
  auto planes = Request({0}, v1::IMAGE_ENCODING_JPEG);
  planes.mutable_format()->set_layout(v1::PIXEL_LAYOUT_NCHW);
  EXPECT_THAT(Read(planes), IsBadField("format.layout", "BAD_FORMAT"));
  auto halves = Request({0});
  halves.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT16);
  EXPECT_THAT(Read(halves), IsBadField("format.pixel_type", "BAD_FORMAT"));
}

TEST_F(ImageReaderTest, AnAnswerIsAtMost64Mebibytes) {
  auto schema = model::FeatureSchema::Create({{"digit", {"0"}}}).value();
  ASSERT_THAT(model::WriteDataset(FileSystem::Posix(), dir_ / "large", schema, {{0}}, {1024, 1024, 3}), IsOk());
  dataset_ = model::Dataset::Open(*FileSystem::Posix(), dir_ / "large").value();
  EXPECT_THAT(Read(Request(std::vector<int64_t>(21, 0))), IsOk());
  EXPECT_THAT(Read(Request(std::vector<int64_t>(22, 0))),
              HasReason(absl::StatusCode::kResourceExhausted, "ANSWER_TOO_LARGE"));
}

}  // namespace
}  // namespace facet::server
