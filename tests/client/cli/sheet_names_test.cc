// SPDX-License-Identifier: Apache-2.0
#include "client/cli/sheet_names.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::FeatureSchema Schema() {
  v1::FeatureSchema schema;
  v1::Feature& colour = *schema.add_features();
  colour.set_name("colour");
  for (const char* name : {"rot", "grün", "grünlich"}) colour.add_classes(name);
  return schema;
}

TEST(SpellForSheetTest, NamesWithOtherLettersStandByTheirIndex) {
  Sheet sheet;
  sheet.column_labels = {"rot", "grün", "grünlich"};
  sheet.row_labels = {"colour=rot..grün"};
  sheet.captions = {"col rot 0.5, grün 0.5"};
  EXPECT_EQ(SpellForSheet(Schema(), sheet), "grün is colour #1, grünlich is colour #2");
  EXPECT_THAT(sheet.column_labels, ElementsAre("rot", "colour #1", "colour #2"));
  EXPECT_THAT(sheet.row_labels, ElementsAre("colour=rot..colour #1"));
  EXPECT_THAT(sheet.captions, ElementsAre("col rot 0.5, colour #1 0.5"));
}

TEST(SpellForSheetTest, WhatIsNoClassHasOneMarkALetter) {
  Sheet sheet;
  sheet.title = "datasets/x: 日本 ü";
  EXPECT_THAT(SpellForSheet(Schema(), sheet), IsEmpty());
  EXPECT_EQ(sheet.title, "datasets/x: ?? ?");
}

TEST(SpellForSheetTest, AsciiStays) {
  Sheet sheet;
  sheet.title = "a title";
  sheet.captions = {"rot", ""};
  EXPECT_THAT(SpellForSheet(Schema(), sheet), IsEmpty());
  EXPECT_EQ(sheet.title, "a title");
  EXPECT_THAT(sheet.captions, ElementsAre("rot", ""));
}

}  // namespace
}  // namespace facet::cli
