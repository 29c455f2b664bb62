// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_FIELD_COUNT_H_
#define FACET_SERVER_RPC_FIELD_COUNT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>

namespace facet::server {

enum class FieldCount { kFits, kTooMany, kMalformed };

// Reads a message of this type without keeping anything of it and says whether
// it has at most `max` fields: all that are set, each element of a repeated one,
// those of messages within it likewise; of packed integers eight bytes are a
// field, packed floats are one. Ends at the first too many. kMalformed: no such message could be read from these bytes;
// what kFits may still be found malformed by the parser.
FieldCount CountFields(google::protobuf::io::ZeroCopyInputStream& bytes, const google::protobuf::Descriptor& type,
                       int64_t max);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_FIELD_COUNT_H_
