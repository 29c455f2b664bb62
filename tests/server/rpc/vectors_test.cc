// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

const model::FeatureSchema& Schema() {
  static const auto* schema = new model::FeatureSchema(
      *model::FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}));
  return *schema;
}

FeatureVectors MakeVectors(int count) {
  FeatureVectors vectors;
  for (int i = 0; i < count; ++i) {
    v1::FeatureVector& vector = *vectors.Add();
    auto* digit = vector.add_features();
    digit->set_feature("digit");
    digit->add_weights()->set_index(i % 3);
    auto* colour = vector.add_features();
    colour->set_feature("colour");
    colour->add_weights()->set_class_("green");
  }
  return vectors;
}

TEST(VectorsTest, CountMustBeFromOneToTheLimit) {
  EXPECT_EQ(GetErrorDetail(CheckVectorCount(MakeVectors(0), 2)).reason, "NO_VECTORS");
  EXPECT_EQ(GetErrorDetail(CheckVectorCount(MakeVectors(0), 2)).field, "vectors");
  EXPECT_TRUE(CheckVectorCount(MakeVectors(1), 2).ok());
  EXPECT_TRUE(CheckVectorCount(MakeVectors(2), 2).ok());
  EXPECT_EQ(GetErrorDetail(CheckVectorCount(MakeVectors(3), 2)).reason, "TOO_MANY_VECTORS");
}

TEST(VectorsTest, ResolvesARange) {
  auto dense = ResolveVectors(Schema(), MakeVectors(4), 1, 2);
  ASSERT_TRUE(dense.ok()) << dense.status();
  EXPECT_THAT(*dense, ElementsAre(0, 1, 0, 0, 1, 0, 0, 1, 0, 1));
}

TEST(VectorsTest, NamesTheVectorInThePath) {
  FeatureVectors vectors = MakeVectors(3);
  vectors[2].mutable_features(0)->mutable_weights(0)->set_weight(std::nanf(""));
  const absl::Status whole = CheckVectors(Schema(), vectors);
  EXPECT_EQ(whole.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(whole).field, "vectors[2].features[0].weights[0].weight");
  EXPECT_EQ(GetErrorDetail(ResolveVectors(Schema(), vectors, 2, 1).status()).field,
            "vectors[2].features[0].weights[0].weight");
  EXPECT_TRUE(ResolveVectors(Schema(), vectors, 0, 2).ok());
}

}  // namespace
}  // namespace facet::server
