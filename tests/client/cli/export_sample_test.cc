// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_sample.h"

#include <string>

#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

v1::FeatureSchema Digit() {
  v1::FeatureSchema schema;
  v1::Feature& digit = *schema.add_features();
  digit.set_name("digit");
  for (const char* name : {"0", "1"}) digit.add_classes(name);
  return schema;
}

v1::StreamBatchesResponse Batch(int images) {
  v1::StreamBatchesResponse batch;
  batch.mutable_images()->set_encoding(v1::IMAGE_ENCODING_RAW);
  batch.mutable_images()->set_pixel_type(v1::PIXEL_TYPE_UINT8);
  batch.mutable_images()->set_layout(v1::PIXEL_LAYOUT_NHWC);
  for (const int length : {images, 1, 2, 3}) batch.mutable_images()->add_shape(length);
  batch.mutable_images()->set_data(std::string(size_t{6} * images, 'x'));
  batch.mutable_labels()->set_soft(std::string(size_t{2} * images * sizeof(float), '\0'));
  for (int i = 0; i < images; ++i) batch.add_provenance();
  return batch;
}

TEST(MakeSamplesTest, NumbersGoOn) {
  const auto samples = MakeSamples(Digit(), Batch(2), ExportImage::kPng, 7);
  ASSERT_THAT(samples, IsOk());
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_EQ((*samples)[1].number, 8);
  EXPECT_EQ((*samples)[1].image.substr(1, 3), "PNG");
}

TEST(MakeSamplesTest, AnEmptyBatchAndAFillerHaveNone) {
  for (const ExportImage image : {ExportImage::kPng, ExportImage::kNpy}) {
    const auto none = MakeSamples(Digit(), Batch(0), image, 7);
    ASSERT_THAT(none, IsOk());
    EXPECT_TRUE(none->empty());
  }
  v1::StreamBatchesResponse filler = Batch(1);
  filler.set_filler(true);
  EXPECT_EQ(MakeSamples(Digit(), filler, ExportImage::kPng, 7).value().size(), 0u);
}

TEST(MakeSamplesTest, WhatDoesNotFitIsDataLoss) {
  v1::StreamBatchesResponse batch = Batch(0);
  batch.mutable_labels()->set_soft("0123");
  EXPECT_EQ(MakeSamples(Digit(), batch, ExportImage::kPng, 0).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace facet::cli
