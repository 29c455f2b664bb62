// SPDX-License-Identifier: Apache-2.0
// Answers with pixels in them, put on the wire without copying the pixels: the
// small fields are serialised as usual, the bytes of each image become a slice
// that owns the string they were rendered into. A client sees ordinary messages.
#ifndef FACET_SERVER_RPC_IMAGE_WIRE_H_
#define FACET_SERVER_RPC_IMAGE_WIRE_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>

#include "absl/status/status.h"
#include "facet/v1/generation.pb.h"
#include "server/core/streams/batch_stream.h"

namespace facet::server {

// Take the pixels out of `message`. RESOURCE_EXHAUSTED (ANSWER_TOO_LARGE): over
// `max_bytes`.
absl::Status EncodeImages(v1::RenderResponse&& message, uint64_t max_bytes, grpc::ByteBuffer* bytes);
absl::Status EncodeImages(v1::RenderStreamResponse&& message, uint64_t max_bytes, grpc::ByteBuffer* bytes);

// A batch; its pixels may be in several messages at once.
absl::Status EncodeBatch(StreamBatch&& batch, uint64_t max_bytes, grpc::ByteBuffer* bytes);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_IMAGE_WIRE_H_
