// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/field_count.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>

namespace facet::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

constexpr int kMaxDepth = 100;  // the parser's, too

class FieldCounter {
 public:
  FieldCounter(google::protobuf::io::ZeroCopyInputStream& bytes, int64_t max) : input_(&bytes), left_(max) {}

  // To the end of the bytes, or of the message within that they are limited to.
  FieldCount Count(const Descriptor& type, int depth) {
    while (const uint32_t tag = input_.ReadTag()) {
      if (--left_ < 0) return FieldCount::kTooMany;
      const FieldCount skipped = Skip(tag, type, depth);
      if (skipped != FieldCount::kFits) return skipped;
    }
    return input_.ConsumedEntireMessage() ? FieldCount::kFits : FieldCount::kMalformed;
  }

 private:
  FieldCount Skip(uint32_t tag, const Descriptor& type, int depth) {
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT: {
        uint64_t value = 0;
        return Read(input_.ReadVarint64(&value));
      }
      case WireFormatLite::WIRETYPE_FIXED64:
        return Read(input_.Skip(8));
      case WireFormatLite::WIRETYPE_FIXED32:
        return Read(input_.Skip(4));
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return SkipBytes(type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag)), depth);
      default:
        return FieldCount::kMalformed;  // groups are of a time before this API
    }
  }

  FieldCount SkipBytes(const FieldDescriptor* field, int depth) {
    uint32_t size = 0;
    if (!input_.ReadVarint32(&size) || size > std::numeric_limits<int32_t>::max()) return FieldCount::kMalformed;
    const bool is_message = field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE;
    if (field != nullptr && IsPackedInteger(*field)) left_ -= size / 8;
    if (left_ < 0) return FieldCount::kTooMany;
    if (!is_message) return Read(input_.Skip(static_cast<int>(size)));
    if (depth == kMaxDepth) return FieldCount::kMalformed;
    const auto outer = input_.PushLimit(static_cast<int>(size));
    const FieldCount count = Count(*field->message_type(), depth + 1);
    input_.PopLimit(outer);
    return count;
  }

  // A byte of them may become a number of eight.
  static bool IsPackedInteger(const FieldDescriptor& field) {
    return field.is_packable() && field.type() != FieldDescriptor::TYPE_FLOAT &&
           field.type() != FieldDescriptor::TYPE_DOUBLE;
  }

  static FieldCount Read(bool ok) { return ok ? FieldCount::kFits : FieldCount::kMalformed; }

  google::protobuf::io::CodedInputStream input_;
  int64_t left_;
};

}  // namespace

FieldCount CountFields(google::protobuf::io::ZeroCopyInputStream& bytes, const Descriptor& type, int64_t max) {
  return FieldCounter(bytes, max).Count(type, 0);
}

}  // namespace facet::server
