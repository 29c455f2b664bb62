// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_summary.h"

#include "gtest/gtest.h"

namespace facet::cli {
namespace {

v1::StreamBatchesResponse Batch(int images, int rendered, int kept) {
  v1::StreamBatchesResponse batch;
  batch.mutable_images()->add_shape(images);
  batch.mutable_filter()->set_rendered(rendered);
  batch.mutable_filter()->set_kept(kept);
  return batch;
}

TEST(StreamTotalsTest, AreSumsOfTheBatches) {
  StreamTotals totals;
  totals.Add(Batch(8, 10, 7));
  totals.Add(Batch(0, 5, 0));
  totals.Add({});  // without images at all
  EXPECT_EQ(totals.batches, 3);
  EXPECT_EQ(totals.images, 8);
  EXPECT_EQ(totals.rendered, 15);
  EXPECT_EQ(totals.kept, 7);
  EXPECT_EQ(totals.bytes, static_cast<int64_t>(Batch(8, 10, 7).ByteSizeLong() + Batch(0, 5, 0).ByteSizeLong()));
}

TEST(StreamJsonTest, AStreamThatGoesNowhereHasItsCounts) {
  StreamTotals totals;
  totals.batches = 2;
  totals.images = 16;
  totals.bytes = 3000;
  totals.seconds = 0.5;
  const std::string json = StreamJson({}, totals, {});
  EXPECT_NE(json.find("\"batches\": 2,\n \"images\": 16,\n \"bytes\": 3000,\n \"seconds\": 0.5\n}"), std::string::npos)
      << json;
  EXPECT_EQ(json.find("\"filter\""), std::string::npos);
}

TEST(StreamJsonTest, NamesOfFilesAreMadeUtf8) {
  StreamFiles files;
  files.sheet = "\xff\u202E.png";
  EXPECT_NE(StreamJson({}, {}, files).find(R"("sheet": "?\u202e.png")"), std::string::npos);
}

}  // namespace
}  // namespace facet::cli
