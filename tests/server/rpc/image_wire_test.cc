// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/image_wire.h"

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "server/rpc/wire.h"

namespace facet::server {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::ImageData MakeImage(size_t bytes, char fill) {
  v1::ImageData image;
  image.set_encoding(v1::IMAGE_ENCODING_RAW);
  for (int64_t side : {1, 20, 30, 3}) image.add_shape(side);
  image.set_data(std::string(bytes, fill));
  return image;
}

// Encodes a copy, reads it as a client would, and compares.
template <typename Message>
void ExpectSurvives(const Message& message) {
  Message copy = message;
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeImages(std::move(copy), 1 << 20, &bytes).ok());
  EXPECT_EQ(bytes.Length(), message.ByteSizeLong());
  Message decoded;
  ASSERT_TRUE(DecodeMessage(bytes, &decoded).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(decoded, message)) << decoded.ShortDebugString();
}

TEST(ImageWireTest, RenderResponseReadsAsAnOrdinaryMessage) {
  v1::RenderResponse response;
  response.set_model_version("models/digits@3");
  ExpectSurvives(response);
  *response.add_images() = MakeImage(5000, 'a');
  *response.add_images() = MakeImage(70000, 'b');
  ExpectSurvives(response);
}

TEST(ImageWireTest, RenderStreamResponseReadsAsAnOrdinaryMessage) {
  v1::RenderStreamResponse response;
  response.set_first_index(77);
  response.set_model_version("models/digits@3");
  *response.add_images() = MakeImage(127, 'a');
  ExpectSurvives(response);
}

TEST(ImageWireTest, BatchReadsAsAnOrdinaryMessage) {
  v1::StreamBatchesResponse batch;
  batch.set_token("token");
  batch.set_epoch(3);
  batch.mutable_labels()->set_soft("soft");
  batch.add_provenance()->set_index(9);
  ExpectSurvives(batch);
  *batch.mutable_images() = MakeImage(300, 'x');
  ExpectSurvives(batch);
}

TEST(ImageWireTest, PixelsAreNotCopied) {
  v1::RenderResponse response;
  *response.add_images() = MakeImage(100000, 'a');
  const char* const pixels = response.images(0).data().data();
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeImages(std::move(response), 1 << 20, &bytes).ok());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(bytes.Dump(&slices).ok());
  bool found = false;
  for (const grpc::Slice& slice : slices) found |= reinterpret_cast<const char*>(slice.begin()) == pixels;
  EXPECT_TRUE(found);
}

TEST(ImageWireTest, TooLargeAnswerNamesRenderStream) {
  v1::RenderResponse response;
  *response.add_images() = MakeImage(1000, 'a');
  grpc::ByteBuffer bytes;
  const absl::Status status = EncodeImages(std::move(response), 1000, &bytes);
  EXPECT_EQ(GetErrorDetail(status).reason, "ANSWER_TOO_LARGE");
  EXPECT_NE(status.message().find("RenderStream"), absl::string_view::npos);
}

TEST(ImageWireTest, ImageWithoutBytesSurvives) {
  v1::RenderStreamResponse response;
  response.add_images()->add_shape(0);
  v1::RenderStreamResponse copy = response;
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeImages(std::move(copy), 1000, &bytes).ok());
  v1::RenderStreamResponse decoded;
  ASSERT_TRUE(DecodeMessage(bytes, &decoded).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(decoded, response));
}

}  // namespace
}  // namespace facet::server
