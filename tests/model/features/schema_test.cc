// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::HasSubstr;

std::vector<Feature> DigitFeatures() {
  return {{"digit", {"0", "1", "2"}}, {"colour", {"red", "green", "blue", "grey"}}, {"mirror", {"no"}}};
}

TEST(FeatureSchemaTest, KnowsSizesAndOffsets) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  EXPECT_EQ(schema.size(), 3);
  EXPECT_EQ(schema.total_classes(), 8);
  EXPECT_EQ(schema.offset(0), 0);
  EXPECT_EQ(schema.offset(1), 3);
  EXPECT_EQ(schema.offset(2), 7);
  EXPECT_EQ(schema.features(), DigitFeatures());
}

TEST(FeatureSchemaTest, FindsByName) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  EXPECT_EQ(schema.FindFeature("colour").value(), 1);
  EXPECT_EQ(schema.FindClass(1, "blue").value(), 2);
}

TEST(FeatureSchemaTest, UnknownFeatureNamesTheNearestAndAll) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  const auto found = schema.FindFeature("color");
  EXPECT_THAT(found, IsBadField("", "UNKNOWN_FEATURE"));
  EXPECT_THAT(found, IsError(absl::StatusCode::kInvalidArgument,
                             "there is no feature 'color'. Did you mean 'colour'? There are: digit, colour, mirror."));
}

TEST(FeatureSchemaTest, AFeatureWithoutANameIsCalledSo) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  EXPECT_THAT(schema.FindFeature(""),
              IsError(absl::StatusCode::kInvalidArgument, "no feature is named. There are: digit, colour, mirror."));
}

TEST(FeatureSchemaTest, UnknownClassNamesTheNearestAndAll) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  const auto found = schema.FindClass(1, "gren");
  EXPECT_THAT(found, IsBadField("", "UNKNOWN_CLASS"));
  EXPECT_THAT(found, IsError(absl::StatusCode::kInvalidArgument, HasSubstr("Did you mean 'green'? There are: red,")));
}

TEST(FeatureSchemaTest, HostileNamesAreShownHarmless) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  const auto found = schema.FindFeature("\x1b[31m\xFF" + std::string(1 << 20, 'x'));
  EXPECT_THAT(found, IsError(absl::StatusCode::kInvalidArgument, HasSubstr("'?[31m?xxx")));
  EXPECT_LT(found.status().message().size(), 300u);
}

TEST(FeatureSchemaTest, ComparesByContent) {
  const FeatureSchema schema = FeatureSchema::Create(DigitFeatures()).value();
  EXPECT_EQ(schema, FeatureSchema::Create(DigitFeatures()).value());
  std::vector<Feature> other = DigitFeatures();
  std::swap(other[0], other[1]);
  EXPECT_FALSE(schema == FeatureSchema::Create(other).value());
  EXPECT_EQ(FeatureSchema().size(), 0);
}

struct BadSchema {
  const char* name;
  std::vector<Feature> features;
  const char* field;
  const char* reason;
};

class BadSchemaTest : public testing::TestWithParam<BadSchema> {};

TEST_P(BadSchemaTest, IsRefusedWithItsField) {
  EXPECT_THAT(FeatureSchema::Create(GetParam().features), IsBadField(GetParam().field, GetParam().reason));
}

std::vector<Feature> Many(int features, int classes) {
  std::vector<Feature> many;
  for (int f = 0; f < features; ++f) {
    many.push_back({absl::StrCat("f", f), {}});
    for (int c = 0; c < classes; ++c) many.back().classes.push_back(absl::StrCat(c));
  }
  return many;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSchemaTest,
    testing::Values(BadSchema{"NoFeatures", {}, "features", "NO_FEATURES"},
                    BadSchema{"NoClasses", {{"a", {"x"}}, {"b", {}}}, "features[1].classes", "NO_CLASSES"},
                    BadSchema{"BadName", {{"a", {"x"}}, {"B", {"x"}}}, "features[1].name", "INVALID_ID"},
                    BadSchema{"EmptyName", {{"", {"x"}}}, "features[0].name", "INVALID_ID"},
                    BadSchema{"DoubledFeature", {{"a", {"x"}}, {"a", {"x"}}}, "features[1].name", "DUPLICATE_FEATURE"},
                    BadSchema{"DoubledClass", {{"a", {"x", "y", "x"}}}, "features[0].classes[2]", "DUPLICATE_CLASS"},
                    BadSchema{"EmptyClass", {{"a", {"x", ""}}}, "features[0].classes[1]", "BAD_CLASS_NAME"},
                    BadSchema{
                        "LongClass", {{"a", {std::string(129, 'x')}}}, "features[0].classes[0]", "BAD_CLASS_NAME"},
                    BadSchema{"ControlCharacter", {{"a", {"x\ny"}}}, "features[0].classes[0]", "BAD_CLASS_NAME"},
                    BadSchema{"NotUtf8", {{"a", {"\xFF"}}}, "features[0].classes[0]", "BAD_CLASS_NAME"},
                    BadSchema{"TooManyFeatures", Many(65, 1), "features", "TOO_MANY_FEATURES"},
                    BadSchema{"TooManyClasses", Many(2, 32769), "features", "TOO_MANY_CLASSES"}),
    [](const auto& test) { return test.param.name; });

TEST(FeatureSchemaTest, TakesTheLargest) {
  EXPECT_THAT(FeatureSchema::Create(Many(64, 1024)), IsOk());
  EXPECT_THAT(FeatureSchema::Create({{"a", {std::string(128, 'x'), "größe", "a b", "0"}}}), IsOk());
}

}  // namespace
}  // namespace facet::model
