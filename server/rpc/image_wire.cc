// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/image_wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/rpc/wire.h"

namespace facet::server {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// "field `number`, `length` bytes follow".
void AppendHeader(int number, uint64_t length, std::string& out) {
  uint8_t bytes[20];
  uint8_t* end = CodedOutputStream::WriteTagToArray(
      WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), bytes);
  end = CodedOutputStream::WriteVarint64ToArray(length, end);
  out.append(reinterpret_cast<char*>(bytes), end - bytes);
}

grpc::Slice OwningSlice(std::unique_ptr<std::string> bytes) {
  std::string* const owned = bytes.release();
  return grpc::Slice(
      owned->data(), owned->size(), [](void* string) { delete static_cast<std::string*>(string); }, owned);
}

grpc::Slice SharingSlice(std::shared_ptr<const std::string> bytes) {
  using Owner = std::shared_ptr<const std::string>;
  auto owner = std::make_unique<Owner>(std::move(bytes));
  // gRPC does not write to it; its signature knows no const.
  char* const data = const_cast<char*>((*owner)->data());
  const size_t size = (*owner)->size();
  return grpc::Slice(
      data, size, [](void* pointer) { delete static_cast<Owner*>(pointer); }, owner.release());
}

// Images as field `number` of a message.
void AppendImages(int number, google::protobuf::RepeatedPtrField<v1::ImageData>& images,
                  std::vector<grpc::Slice>& slices) {
  for (v1::ImageData& image : images) {
    std::unique_ptr<std::string> data(image.release_data());
    if (data == nullptr) data = std::make_unique<std::string>();
    std::string inner = image.SerializeAsString();
    AppendHeader(v1::ImageData::kDataFieldNumber, data->size(), inner);
    std::string header;
    AppendHeader(number, inner.size() + data->size(), header);
    slices.emplace_back(header + inner);
    if (!data->empty()) slices.push_back(OwningSlice(std::move(data)));
  }
}

absl::Status Assemble(const std::vector<grpc::Slice>& slices, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  grpc::ByteBuffer assembled(slices.data(), slices.size());
  if (assembled.Length() > max_bytes) {
    return AnswerTooLarge(assembled.Length(), max_bytes, "ask for fewer images at once, or use RenderStream");
  }
  bytes->Swap(&assembled);
  return absl::OkStatus();
}

template <typename Response>
absl::Status EncodeRepeated(Response&& message, int number, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  google::protobuf::RepeatedPtrField<v1::ImageData> images;
  images.Swap(message.mutable_images());
  std::vector<grpc::Slice> slices;
  slices.emplace_back(message.SerializeAsString());
  AppendImages(number, images, slices);
  return Assemble(slices, max_bytes, bytes);
}

}  // namespace

absl::Status EncodeImages(v1::RenderResponse&& message, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  return EncodeRepeated(std::move(message), v1::RenderResponse::kImagesFieldNumber, max_bytes, bytes);
}

absl::Status EncodeImages(v1::RenderStreamResponse&& message, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  return EncodeRepeated(std::move(message), v1::RenderStreamResponse::kImagesFieldNumber, max_bytes, bytes);
}

absl::Status EncodeBatch(StreamBatch&& batch, uint64_t max_bytes, grpc::ByteBuffer* bytes) {
  std::string inner = batch.message.images().SerializeAsString();
  batch.message.clear_images();
  std::vector<grpc::Slice> slices;
  slices.emplace_back(batch.message.SerializeAsString());
  // Protobuf takes the fields of a message in any number of pieces.
  if (batch.encoded != nullptr && !batch.encoded->empty()) slices.push_back(SharingSlice(std::move(batch.encoded)));
  const size_t pixels = batch.pixels == nullptr ? 0 : batch.pixels->size();
  if (pixels > 0) AppendHeader(v1::ImageData::kDataFieldNumber, pixels, inner);
  std::string header;
  AppendHeader(v1::StreamBatchesResponse::kImagesFieldNumber, inner.size() + pixels, header);
  slices.emplace_back(header + inner);
  if (pixels > 0) slices.push_back(SharingSlice(std::move(batch.pixels)));
  return Assemble(slices, max_bytes, bytes);
}

}  // namespace facet::server
