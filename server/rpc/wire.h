// SPDX-License-Identifier: Apache-2.0
// Messages to and from the bytes of the transport. The services take bytes, not
// messages: gRPC would answer a request that does not parse with UNIMPLEMENTED
// and end a stream on one as if the client had half-closed.
#ifndef FACET_SERVER_RPC_WIRE_H_
#define FACET_SERVER_RPC_WIRE_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>

#include "absl/status/status.h"

namespace facet::server {

// What a request may have. A field of two bytes takes 90 when it is decoded, so
// both are looked at before. These are ample for requests without images and
// vectors.
struct MessageLimits {
  uint64_t max_bytes = uint64_t{4} << 20;
  int64_t max_fields = 300'000;  // field_count.h
};

// INVALID_ARGUMENT (reason MALFORMED_REQUEST): no such message, or text in it
// that is not UTF-8. INVALID_ARGUMENT (reason REQUEST_TOO_LARGE), before any
// memory is taken: beyond the limits.
absl::Status DecodeMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message,
                           const MessageLimits& limits = {});

// RESOURCE_EXHAUSTED (reason ANSWER_TOO_LARGE): more than `max_bytes`.
absl::Status EncodeMessage(const google::protobuf::Message& message, uint64_t max_bytes, grpc::ByteBuffer* bytes);

// The same error for who knows the size beforehand; `remedy` says what to do.
absl::Status AnswerTooLarge(uint64_t bytes, uint64_t max_bytes, absl::string_view remedy);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_WIRE_H_
