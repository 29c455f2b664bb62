// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema_difference.h"

#include <gtest/gtest.h>

namespace facet::model {
namespace {

FeatureSchema Make(std::vector<Feature> features) { return *FeatureSchema::Create(std::move(features)); }

TEST(DescribeDifferenceTest, NamesTheFirstThingThatDiffers) {
  const FeatureSchema schema = Make({{"colour", {"red", "green"}}, {"side", {"left", "right"}}});
  EXPECT_EQ(DescribeDifference(schema, schema), "");
  EXPECT_EQ(DescribeDifference(schema, Make({{"side", {"left", "right"}}})), "no feature 'colour'");
  EXPECT_EQ(DescribeDifference(Make({{"side", {"left", "right"}}}), schema), "a feature 'colour' more");
  EXPECT_EQ(DescribeDifference(schema, Make({{"side", {"left", "right"}}, {"colour", {"red", "green"}}})),
            "feature 'side' in the place of 'colour'");
  EXPECT_EQ(DescribeDifference(schema, Make({{"colour", {"red", "green", "blue"}}, {"side", {"left", "right"}}})),
            "3 classes of 'colour' and not 2");
  EXPECT_EQ(DescribeDifference(schema, Make({{"colour", {"red", "pink"}}, {"side", {"left", "right"}}})),
            "class 'pink' of 'colour' and not 'green'");
}

}  // namespace
}  // namespace facet::model
