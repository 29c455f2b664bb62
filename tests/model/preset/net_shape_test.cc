// SPDX-License-Identifier: Apache-2.0
#include "model/preset/net_shape.h"

#include <gtest/gtest.h>

namespace facet::model {
namespace {

TEST(NetShapeTest, CountsAGeneratorByHand) {
  GeneratorShape shape;
  shape.classes = {2, 3};
  shape.feature_widths = {4, 5};
  shape.joint_widths = {6};
  shape.base_size = 2;
  shape.base_channels = 3;
  shape.layers = {{.in_channels = 3, .out_channels = 3, .kernel = 4, .padding = 1, .in_size = 2, .out_size = 4}};
  // (2*4+4 + 4*4+4) + (3*5+5 + 5*5+5) + (9*6+6) + (6*12+12) + (3*3*16+3)
  EXPECT_EQ(ParameterCount(shape), 32 + 50 + 60 + 84 + 147);
  EXPECT_EQ(shape.image_size(), 4);
}

ClassifierShape SmallClassifier() {
  ClassifierShape shape;
  shape.classes = {2, 3};
  shape.image_size = 4;
  shape.blocks = {{.in_channels = 3, .out_channels = 5, .kernel = 3, .padding = 1, .out_size = 4}};
  shape.head_widths = {6};
  return shape;
}

TEST(NetShapeTest, CountsAClassifierByHand) {
  // (3*5*9+5) + (80*6+6 + 6*2+2) + (80*6+6 + 6*3+3)
  EXPECT_EQ(ParameterCount(SmallClassifier()), 140 + 500 + 507);
}

TEST(NetShapeTest, HeadlessFeaturesCountNothing) {
  ClassifierShape shape = SmallClassifier();
  shape.headless = {1};
  EXPECT_TRUE(shape.has_head(0));
  EXPECT_FALSE(shape.has_head(1));
  EXPECT_EQ(ParameterCount(shape), 140 + 500);
}

}  // namespace
}  // namespace facet::model
