// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/image_wire.h"

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
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

StreamBatch MakeBatch(size_t bytes) {
  StreamBatch batch;
  batch.message.set_token("token");
  batch.message.set_epoch(3);
  batch.message.mutable_labels()->set_soft("soft");
  batch.message.add_provenance()->set_index(9);
  for (int64_t side : {1, 20, 30, 3}) batch.message.mutable_images()->add_shape(side);
  if (bytes > 0) batch.pixels = std::make_shared<const std::string>(bytes, 'x');
  return batch;
}

// Whether the pixels are on the wire where they lie in memory.
bool Holds(const grpc::ByteBuffer& bytes, const char* pixels) {
  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return false;
  bool found = false;
  for (const grpc::Slice& slice : slices) found |= reinterpret_cast<const char*>(slice.begin()) == pixels;
  return found;
}

TEST(ImageWireTest, BatchReadsAsAnOrdinaryMessage) {
  for (const size_t size : {0, 1, 127, 128, 300, 100000}) {
    v1::StreamBatchesResponse wanted = MakeBatch(0).message;
    if (size > 0) wanted.mutable_images()->set_data(std::string(size, 'x'));
    grpc::ByteBuffer bytes;
    ASSERT_TRUE(EncodeBatch(MakeBatch(size), 1 << 20, &bytes).ok());
    EXPECT_EQ(bytes.Length(), wanted.ByteSizeLong());
    v1::StreamBatchesResponse decoded;
    ASSERT_TRUE(DecodeMessage(bytes, &decoded).ok());
    EXPECT_TRUE(MessageDifferencer::Equals(decoded, wanted)) << size;
  }
}

TEST(ImageWireTest, EncodedFieldsOfABatchAreTheMessagesOwn) {
  StreamBatch batch = MakeBatch(300);
  v1::StreamBatchesResponse rest;
  rest.set_batch_index(7);
  rest.add_provenance()->set_index(10);
  batch.encoded = std::make_shared<const std::string>(rest.SerializeAsString());
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeBatch(std::move(batch), 1 << 20, &bytes).ok());
  v1::StreamBatchesResponse decoded;
  ASSERT_TRUE(DecodeMessage(bytes, &decoded).ok());
  EXPECT_EQ(decoded.token(), "token");
  EXPECT_EQ(decoded.batch_index(), 7);
  ASSERT_EQ(decoded.provenance_size(), 2);
  EXPECT_EQ(decoded.provenance(1).index(), 10);
  EXPECT_EQ(decoded.images().data(), std::string(300, 'x'));
}

TEST(ImageWireTest, PixelsOfABatchAreSharedNotCopied) {
  StreamBatch batch = MakeBatch(100000);
  const std::shared_ptr<const std::string> pixels = batch.pixels;
  StreamBatch again = batch;
  {
    grpc::ByteBuffer first, second;
    ASSERT_TRUE(EncodeBatch(std::move(batch), 1 << 20, &first).ok());
    ASSERT_TRUE(EncodeBatch(std::move(again), 1 << 20, &second).ok());
    EXPECT_TRUE(Holds(first, pixels->data()));
    EXPECT_TRUE(Holds(second, pixels->data()));
    EXPECT_EQ(pixels.use_count(), 3);
  }
  EXPECT_EQ(pixels.use_count(), 1) << "gRPC has not let go of the pixels";
}

TEST(ImageWireTest, TooLargeABatchIsRefused) {
  grpc::ByteBuffer bytes;
  EXPECT_EQ(GetErrorDetail(EncodeBatch(MakeBatch(2000), 1000, &bytes)).reason, "ANSWER_TOO_LARGE");
}

TEST(ImageWireTest, PixelsAreNotCopied) {
  v1::RenderResponse response;
  *response.add_images() = MakeImage(100000, 'a');
  const char* const pixels = response.images(0).data().data();
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeImages(std::move(response), 1 << 20, &bytes).ok());
  EXPECT_TRUE(Holds(bytes, pixels));
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
