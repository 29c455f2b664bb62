// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/field_count.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <string>

#include "facet/v1/generation.pb.h"
#include "facet/v1/model.pb.h"

namespace facet::server {
namespace {

FieldCount Count(const std::string& bytes, const google::protobuf::Descriptor& type, int64_t max) {
  // In pieces, as the transport has it.
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()), 3);
  return CountFields(stream, type, max);
}

// Whether it has exactly so many.
::testing::AssertionResult Has(const google::protobuf::Message& message, int64_t fields) {
  const std::string bytes = message.SerializeAsString();
  const auto& type = *message.GetDescriptor();
  if (Count(bytes, type, fields) == FieldCount::kFits && Count(bytes, type, fields - 1) == FieldCount::kTooMany) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "not " << fields << ": " << message.ShortDebugString();
}

TEST(FieldCountTest, CountsEachFieldAtEveryLevel) {
  v1::RenderRequest request;
  EXPECT_TRUE(Count("", *request.GetDescriptor(), 0) == FieldCount::kFits);
  request.set_model("digits");
  EXPECT_TRUE(Has(request, 1));
  request.add_vectors();
  EXPECT_TRUE(Has(request, 2));
  auto* feature = request.add_vectors()->add_features();
  EXPECT_TRUE(Has(request, 4));
  feature->set_feature("digit");
  feature->add_weights()->set_weight(0.5);
  EXPECT_TRUE(Has(request, 7));
}

TEST(FieldCountTest, PackedFloatsAreOneAndIntegersOneForEightBytes) {
  v1::RenderRequest request;
  request.add_vectors();
  for (int i = 0; i < 100; ++i) request.mutable_vectors(0)->add_dense(1);
  EXPECT_TRUE(Has(request, 2));
  v1::ClassifyRequest classify;
  for (int i = 0; i < 80; ++i) classify.mutable_images()->Add();
  EXPECT_TRUE(Has(classify, 80));
  for (int i = 0; i < 80; ++i) classify.mutable_images(0)->add_shape(1);
  EXPECT_TRUE(Has(classify, 80 + 1 + 10));
}

TEST(FieldCountTest, UnknownFieldsCount) {
  const v1::ClassifyRequest type;
  const std::string unknown = "\xfa\x01\x01x\xf8\x01\x05";  // field 31, text and number
  EXPECT_TRUE(Count(unknown, *type.GetDescriptor(), 2) == FieldCount::kFits);
  EXPECT_TRUE(Count(unknown, *type.GetDescriptor(), 1) == FieldCount::kTooMany);
}

TEST(FieldCountTest, BytesThatAreNoMessageAreMalformed) {
  const v1::RenderRequest type;
  for (const std::string& bad : {std::string("\x0a\x05"
                                             "ab"),
                                 std::string("\x0a"), std::string("\x07"), std::string("\x13"),
                                 std::string("\x0d"
                                             "abc"),
                                 std::string("\x0a\xff\xff\xff\xff\x0f")}) {
    EXPECT_TRUE(Count(bad, *type.GetDescriptor(), 100) == FieldCount::kMalformed) << bad;
  }
}

TEST(FieldCountTest, EndsAtTheFirstTooMany) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) bytes += std::string("\x12\x00", 2);
  bytes += "\xff";
  EXPECT_TRUE(Count(bytes, *v1::RenderRequest().GetDescriptor(), 2) == FieldCount::kTooMany);
  EXPECT_TRUE(Count(bytes, *v1::RenderRequest().GetDescriptor(), 3) == FieldCount::kMalformed);
}

}  // namespace
}  // namespace facet::server
