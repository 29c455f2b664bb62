// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/wire.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/rpc/field_count.h"

namespace facet::server {

namespace {

absl::Status Malformed(const google::protobuf::Message& message) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat("the request is no ", message.GetTypeName(),
                                                            ", or has text in it that is not UTF-8")),
                    "MALFORMED_REQUEST");
}

absl::Status RequestTooLarge(uint64_t limit, absl::string_view what) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat("the request has more than ", limit, " ", what,
                                                            ", the most of its kind; ask for less at once")),
                    "REQUEST_TOO_LARGE");
}

absl::Status CheckLimits(const grpc::ByteBuffer& bytes, const google::protobuf::Message& message,
                         const MessageLimits& limits) {
  if (bytes.Length() > limits.max_bytes) return RequestTooLarge(limits.max_bytes, "bytes");
  // A field takes two bytes at least.
  if (bytes.Length() / 2 <= static_cast<uint64_t>(limits.max_fields)) return absl::OkStatus();
  grpc::ByteBuffer readable(bytes);
  grpc::ProtoBufferReader reader(&readable);
  if (!reader.status().ok()) return Malformed(message);
  switch (CountFields(reader, *message.GetDescriptor(), limits.max_fields)) {
    case FieldCount::kFits:
      return absl::OkStatus();
    case FieldCount::kTooMany:
      return RequestTooLarge(limits.max_fields, "fields");
    case FieldCount::kMalformed:
      break;
  }
  return Malformed(message);
}

}  // namespace

absl::Status DecodeMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message,
                           const MessageLimits& limits) {
  message->Clear();
  if (bytes.Length() == 0) return absl::OkStatus();
  RETURN_IF_ERROR(CheckLimits(bytes, *message, limits));
  // The reader takes the buffer apart while it reads, though not its slices.
  grpc::ByteBuffer readable(bytes);
  grpc::ProtoBufferReader reader(&readable);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return Malformed(*message);
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
