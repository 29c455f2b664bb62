// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema_proto.h"

#include "gtest/gtest.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

TEST(SchemaProtoTest, GoesThereAndBack) {
  const FeatureSchema schema = FeatureSchema::Create({{"digit", {"0", "1"}}, {"colour", {"red", "grün"}}}).value();
  const v1::FeatureSchema proto = SchemaToProto(schema);
  ASSERT_EQ(proto.features_size(), 2);
  EXPECT_EQ(proto.features(1).name(), "colour");
  EXPECT_EQ(proto.features(1).classes(1), "grün");
  EXPECT_EQ(SchemaFromProto(proto).value(), schema);
}

TEST(SchemaProtoTest, ErrorsAreThoseOfTheSchema) {
  EXPECT_THAT(SchemaFromProto({}), IsBadField("features", "NO_FEATURES"));
  v1::FeatureSchema proto;
  proto.add_features()->set_name("digit");
  EXPECT_THAT(SchemaFromProto(proto), IsBadField("features[0].classes", "NO_CLASSES"));
}

}  // namespace
}  // namespace facet::model
