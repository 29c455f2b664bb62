// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/wire.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {

absl::Status DecodeMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  message->Clear();
  if (bytes.Length() == 0) return absl::OkStatus();
  // The reader takes the buffer apart while it reads, though not its slices.
  grpc::ByteBuffer readable(bytes);
  grpc::ProtoBufferReader reader(&readable);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(absl::StrCat("the request is no ", message->GetTypeName(),
                                                            ", or has text in it that is not UTF-8")),
                    "MALFORMED_REQUEST");
}

absl::Status EncodeMessage(const google::protobuf::Message& message, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  const size_t size = message.ByteSizeLong();
  if (size > max_bytes) return AnswerTooLarge(size, max_bytes, "ask for less at once");
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  grpc::ByteBuffer encoded(&slice, 1);
  bytes->Swap(&encoded);
  return absl::OkStatus();
}

absl::Status AnswerTooLarge(uint64_t bytes, uint64_t max_bytes, absl::string_view remedy) {
  return WithReason(
      absl::ResourceExhaustedError(absl::StrCat("the answer would have ", bytes, " bytes, over the server's ",
                                                "limit of ", max_bytes, " a message; ", remedy)),
      "ANSWER_TOO_LARGE");
}

}  // namespace facet::server
