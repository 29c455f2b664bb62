// SPDX-License-Identifier: Apache-2.0
#include "server/core/output_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

TEST(OutputFormatTest, NothingSaidMeansPng) {
  auto format = ParseOutputFormat({});
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(format->encoding, v1::IMAGE_ENCODING_PNG);
  EXPECT_FALSE(format->is_raw());
  EXPECT_EQ(format->jpeg_quality, 95);
}

TEST(OutputFormatTest, RawTakesTypeAndLayout) {
  v1::ImageFormat proto;
  proto.set_encoding(v1::IMAGE_ENCODING_RAW);
  EXPECT_EQ(ParseOutputFormat(proto)->pixels, model::PixelFormat());
  proto.set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  proto.set_layout(v1::PIXEL_LAYOUT_NCHW);
  auto format = ParseOutputFormat(proto);
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(format->pixels.type, model::PixelType::kFloat32);
  EXPECT_EQ(format->pixels.layout, model::PixelLayout::kNchw);
  EXPECT_EQ(format->bytes_per_image({2, 3, 3}), 72u);
}

void ExpectRefused(const v1::ImageFormat& proto, const std::string& field) {
  auto format = ParseOutputFormat(proto);
  EXPECT_EQ(format.status().code(), absl::StatusCode::kInvalidArgument) << proto.ShortDebugString();
  EXPECT_EQ(GetErrorDetail(format.status()).field, field);
  EXPECT_EQ(GetErrorDetail(format.status()).reason, "BAD_FORMAT");
}

TEST(OutputFormatTest, RefusesUnknownNumbers) {
  v1::ImageFormat proto;
  proto.set_encoding(static_cast<v1::ImageEncoding>(9));
  ExpectRefused(proto, "encoding");
  proto.set_encoding(v1::IMAGE_ENCODING_RAW);
  proto.set_pixel_type(static_cast<v1::PixelType>(9));
  ExpectRefused(proto, "pixel_type");
  proto.set_pixel_type(v1::PIXEL_TYPE_UINT8);
  proto.set_layout(static_cast<v1::PixelLayout>(-1));
  ExpectRefused(proto, "layout");
}

TEST(OutputFormatTest, RefusesWhatPngAndJpegCannotHave) {
  v1::ImageFormat floats;
  floats.set_pixel_type(v1::PIXEL_TYPE_FLOAT32);
  ExpectRefused(floats, "pixel_type");
  v1::ImageFormat planes;
  planes.set_encoding(v1::IMAGE_ENCODING_JPEG);
  planes.set_layout(v1::PIXEL_LAYOUT_NCHW);
  ExpectRefused(planes, "layout");
}

TEST(OutputFormatTest, RefusesQualityOutOfRange) {
  v1::ImageFormat proto;
  proto.set_encoding(v1::IMAGE_ENCODING_JPEG);
  for (int quality : {-1, 101}) {
    proto.set_jpeg_quality(quality);
    ExpectRefused(proto, "jpeg_quality");
  }
  proto.set_jpeg_quality(1);
  EXPECT_EQ(ParseOutputFormat(proto)->jpeg_quality, 1);
}

TEST(OutputFormatTest, RefusesAQualityOfWhatIsNoJpeg) {
  v1::ImageFormat proto;
  proto.set_jpeg_quality(90);
  for (const auto encoding : {v1::IMAGE_ENCODING_UNSPECIFIED, v1::IMAGE_ENCODING_PNG, v1::IMAGE_ENCODING_RAW}) {
    proto.set_encoding(encoding);
    ExpectRefused(proto, "jpeg_quality");
  }
}

TEST(OutputFormatTest, DescribesShapeByLayout) {
  OutputFormat format;
  format.encoding = v1::IMAGE_ENCODING_RAW;
  EXPECT_THAT(DescribeImages(format, {4, 5, 3}, 2).shape(), ElementsAre(2, 4, 5, 3));
  format.pixels = {model::PixelType::kFloat32, model::PixelLayout::kNchw};
  const v1::ImageData data = DescribeImages(format, {4, 5, 3}, 2);
  EXPECT_THAT(data.shape(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(data.pixel_type(), v1::PIXEL_TYPE_FLOAT32);
  EXPECT_EQ(data.layout(), v1::PIXEL_LAYOUT_NCHW);
}

}  // namespace
}  // namespace facet::server
