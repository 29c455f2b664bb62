// SPDX-License-Identifier: Apache-2.0
#include "model/augment/feature_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<FeatureItems> Make(const std::string& text) {
  return FeatureItems::Create(FaceSchema(4, 3), FromText<v1::FeatureRecipe>(text));
}

std::vector<float> ItemAt(const FeatureItems& items, int64_t i) {
  std::vector<float> weights(4);
  items.Write(i, {0.75f, 0.25f, 0}, absl::MakeSpan(weights));
  return weights;
}

TEST(FeatureItemsTest, ListsTheNamedClassesInTheirOrder) {
  const FeatureItems items = Make("feature: 'identity' classes { classes: 'p2' classes: 'p0' }").value();
  ASSERT_EQ(items.size(), 2);
  EXPECT_EQ(items.ratio(), nullptr);
  EXPECT_THAT(ItemAt(items, 0), ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(ItemAt(items, 1), ElementsAre(1, 0, 0, 0));
}

TEST(FeatureItemsTest, FixedIsOneItem) {
  const FeatureItems items =
      Make("feature: 'identity' fixed { weights { class: 'p0' weight: 1 } weights { index: 3 weight: 3 } }").value();
  ASSERT_EQ(items.size(), 1);
  EXPECT_THAT(ItemAt(items, 0), ElementsAre(0.25f, 0, 0, 0.75f));
}

TEST(FeatureItemsTest, PairsMixTwoClassesByTheGivenWeights) {
  const FeatureItems items = Make("feature: 'identity' pairs { classes: 'p3' classes: 'p1' ordered: true }").value();
  ASSERT_EQ(items.size(), 2);
  EXPECT_THAT(ItemAt(items, 0), ElementsAre(0, 0.25f, 0, 0.75f));
  EXPECT_THAT(ItemAt(items, 1), ElementsAre(0, 0.75f, 0, 0.25f));
}

TEST(FeatureItemsTest, AClassMixedWithItselfIsWhole) {
  const FeatureItems never = Make("feature: 'identity' pairs { across: MIX_ACROSS_NEVER }").value();
  ASSERT_EQ(never.size(), 4);
  EXPECT_THAT(ItemAt(never, 2), ElementsAre(0, 0, 1, 0));
}

TEST(FeatureItemsTest, AcrossAndOrderDecideHowManyThereAre) {
  const std::vector<std::tuple<std::string, int64_t>> sizes = {
      {"pairs { }", 6},
      {"pairs { include_self: true }", 10},
      {"pairs { across: MIX_ACROSS_EITHER }", 10},
      {"pairs { ordered: true }", 12},
      {"pairs { ordered: true across: MIX_ACROSS_EITHER }", 16},
      {"triples { }", 4},
      {"triples { ordered: true }", 24},
      {"triples { across: MIX_ACROSS_EITHER }", 20},
      {"triples { across: MIX_ACROSS_NEVER }", 4},
  };
  for (const auto& [text, size] : sizes) {
    EXPECT_EQ(Make(absl::StrCat("feature: 'identity' ", text)).value().size(), size) << text;
  }
}

TEST(FeatureItemsTest, RefusalsNameTheField) {
  const std::vector<std::tuple<std::string, std::string>> refused = {
      {"feature: 'identities' classes { }", "feature"},
      {"feature: 'identity'", "kind"},
      {"feature: 'identity' classes { classes: 'p9' }", "classes.classes[0]"},
      {"feature: 'identity' classes { classes: 'p1' classes: 'p1' }", "classes.classes[1]"},
      {"feature: 'identity' pairs { classes: 'p1' }", "pairs.classes"},
      {"feature: 'identity' pairs { beta: -1 }", "pairs.beta"},
      {"feature: 'identity' pairs { across: 9 }", "pairs.across"},
      {"feature: 'identity' pairs { include_self: true across: MIX_ACROSS_ALWAYS }", "pairs.include_self"},
      {"feature: 'identity' triples { classes: 'p1' classes: 'p2' }", "triples.classes"},
      {"feature: 'identity' fixed { weights { class: 'p0' weight: -1 } }", "fixed.weights[0].weight"},
      {"feature: 'identity' fixed { feature: 'expression' }", "fixed.feature"},
  };
  for (const auto& [text, field] : refused) {
    const auto items = Make(text);
    ASSERT_FALSE(items.ok()) << text;
    EXPECT_EQ(items.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetail(items.status()).field, field) << text;
  }
}

TEST(FeatureItemsTest, AnUnknownClassNamesTheNearest) {
  const auto items = Make("feature: 'identity' pairs { classes: 'p1' classes: 'q2' }");
  EXPECT_THAT(std::string(items.status().message()), HasSubstr("'p2'"));
}

}  // namespace
}  // namespace facet::model
