// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/wire.h"

#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "facet/v1/model.pb.h"

namespace facet::server {
namespace {

grpc::ByteBuffer Bytes(const std::string& text) {
  grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

TEST(WireTest, MessageComesBack) {
  v1::SetAliasRequest message;
  message.set_name("models/digits");
  message.set_alias("stable");
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeMessage(message, 100, &bytes).ok());
  v1::SetAliasRequest decoded;
  decoded.set_name("left from before");
  // Twice: decoding leaves the bytes as they were.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(DecodeMessage(bytes, &decoded).ok());
  EXPECT_EQ(decoded.SerializeAsString(), message.SerializeAsString());
}

TEST(WireTest, NoBytesAreTheEmptyMessage) {
  v1::SetAliasRequest decoded;
  decoded.set_name("x");
  ASSERT_TRUE(DecodeMessage(grpc::ByteBuffer(), &decoded).ok());
  EXPECT_EQ(decoded.name(), "");
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(EncodeMessage(decoded, 0, &bytes).ok());
  EXPECT_TRUE(bytes.Valid());
  EXPECT_EQ(bytes.Length(), 0u);
}

TEST(WireTest, MessageInPiecesIsDecoded) {
  v1::SetAliasRequest message;
  message.set_name(std::string(1000, 'n'));
  const std::string whole = message.SerializeAsString();
  std::vector<grpc::Slice> slices;
  for (char c : whole) slices.emplace_back(std::string(1, c));
  v1::SetAliasRequest decoded;
  ASSERT_TRUE(DecodeMessage(grpc::ByteBuffer(slices.data(), slices.size()), &decoded).ok());
  EXPECT_EQ(decoded.name(), message.name());
}

TEST(WireTest, GarbageIsMalformed) {
  v1::SetAliasRequest decoded;
  for (const std::string& bad : {std::string("\xff\xff\xff"),
                                 std::string("\x0a\x05"
                                             "abc"),
                                 std::string("\x0a\x02\xc3\x28")}) {  // text that is not UTF-8
    const absl::Status status = DecodeMessage(Bytes(bad), &decoded);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetail(status).reason, "MALFORMED_REQUEST");
  }
}

TEST(WireTest, TooLargeRequestIsRefusedUnread) {
  v1::ClassifyRequest message;
  for (int i = 0; i < 1000; ++i) message.add_images();
  const grpc::ByteBuffer bytes = Bytes(message.SerializeAsString());
  v1::ClassifyRequest decoded;
  EXPECT_TRUE(DecodeMessage(bytes, &decoded, {2000, 1000}).ok());
  for (const MessageLimits& limits : {MessageLimits{1999, 1000}, MessageLimits{2000, 999}}) {
    const absl::Status status = DecodeMessage(bytes, &decoded, limits);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetail(status).reason, "REQUEST_TOO_LARGE");
    EXPECT_EQ(decoded.images_size(), 0);
  }
}

TEST(WireTest, TooLargeAnswerIsRefused) {
  v1::SetAliasRequest message;
  message.set_name(std::string(100, 'x'));
  grpc::ByteBuffer bytes;
  const absl::Status status = EncodeMessage(message, 100, &bytes);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "ANSWER_TOO_LARGE");
}

}  // namespace
}  // namespace facet::server
