// SPDX-License-Identifier: Apache-2.0
#include "model/features/feature_vector.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"
#include "tests/proto/from_text.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// digit 0 1 2 | colour red green
FeatureSchema Schema() {
  return FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}).value();
}

v1::FeatureVector Parse(const std::string& text) { return FromText<v1::FeatureVector>(text); }

absl::StatusOr<std::vector<float>> Resolve(const v1::FeatureVector& vector) {
  std::vector<float> dense(Schema().total_classes(), -7);
  const absl::Status status = ResolveFeatureVector(Schema(), vector, absl::MakeSpan(dense));
  if (!status.ok()) return status;
  return dense;
}

absl::StatusOr<std::vector<float>> Resolve(const std::string& text) { return Resolve(Parse(text)); }

constexpr char kRed[] = "features { feature: 'colour' weights { class: 'red' } }";

TEST(ResolveFeatureVectorTest, NamesGiveOneHot) {
  EXPECT_THAT(Resolve(absl::StrCat("features { feature: 'digit' weights { class: '2' } }", kRed)).value(),
              ElementsAre(0, 0, 1, 1, 0));
}

TEST(ResolveFeatureVectorTest, OrderOfFeaturesDoesNotMatter) {
  EXPECT_THAT(Resolve(absl::StrCat(kRed, "features { feature: 'digit' weights { class: '2' } }")).value(),
              ElementsAre(0, 0, 1, 1, 0));
}

TEST(ResolveFeatureVectorTest, IndicesAndNamesMix) {
  EXPECT_THAT(Resolve(absl::StrCat("features { feature: 'digit' weights { index: 0 weight: 1 } "
                                   "weights { class: '1' weight: 3 } }",
                                   kRed))
                  .value(),
              ElementsAre(0.25f, 0.75f, 0, 1, 0));
}

TEST(ResolveFeatureVectorTest, MixesOfManyOnEveryFeatureAreNormalized) {
  EXPECT_THAT(Resolve("features { feature: 'digit' weights { index: 0 weight: 2 } weights { index: 1 weight: 2 } "
                      "weights { index: 2 weight: 4 } }"
                      "features { feature: 'colour' weights { index: 0 weight: 30 } weights { index: 1 weight: 10 } }")
                  .value(),
              ElementsAre(0.25f, 0.25f, 0.5f, 0.75f, 0.25f));
}

TEST(ResolveFeatureVectorTest, WithoutNormalizeWeightsStay) {
  EXPECT_THAT(Resolve(absl::StrCat("normalize: false features { feature: 'digit' weights { index: 0 weight: 1.5 } "
                                   "weights { index: 1 weight: 0 } }",
                                   kRed))
                  .value(),
              ElementsAre(1.5f, 0, 0, 1, 0));
}

TEST(ResolveFeatureVectorTest, DenseIsTakenInSchemaOrder) {
  EXPECT_THAT(Resolve("dense: [1, 1, 2, 0, 5]").value(), ElementsAre(0.25f, 0.25f, 0.5f, 0, 1));
  EXPECT_THAT(Resolve("normalize: false dense: [1, 1, 2, 0, 5]").value(), ElementsAre(1, 1, 2, 0, 5));
  EXPECT_THAT(Resolve("normalize: false dense: [1, 1, 2, 0, 1e6]").value(), ElementsAre(1, 1, 2, 0, 1e6f));
  EXPECT_THAT(Resolve("dense: [1, 0, 0, 3e38, 3e38]").value(), ElementsAre(1, 0, 0, 0.5f, 0.5f));
}

TEST(ResolveFeatureVectorTest, HugeAndTinyWeightsKeepTheirRatio) {
  const float huge = std::numeric_limits<float>::max();
  const float tiny = std::numeric_limits<float>::denorm_min();
  v1::FeatureVector vector;
  for (const float weight : {huge, huge, 0.0f, tiny, tiny}) vector.add_dense(weight);
  EXPECT_THAT(Resolve(vector).value(), ElementsAre(0.5f, 0.5f, 0, 0.5f, 0.5f));
}

TEST(ResolveFeatureVectorTest, SumsToOneWhateverTheWeights) {
  for (uint64_t i = 0; i < 1000; ++i) {
    CounterRandom random(1, "weights", i);
    v1::FeatureVector vector;
    for (int k = 0; k < 5; ++k) vector.add_dense(static_cast<float>(std::exp(40 * random.NextNormal()) + 1e-30));
    const auto dense = Resolve(vector);
    if (!dense.ok()) continue;  // an overflow to infinity is refused elsewhere
    EXPECT_THAT((*dense)[0] + (*dense)[1] + (*dense)[2], testing::FloatNear(1, 1e-6f));
    EXPECT_THAT((*dense)[3] + (*dense)[4], testing::FloatNear(1, 1e-6f));
  }
}

struct BadVector {
  const char* name;
  const char* text;
  const char* field;
  const char* reason;
  const char* says;
};

class BadVectorTest : public testing::TestWithParam<BadVector> {};

TEST_P(BadVectorTest, IsRefusedWithItsField) {
  const auto resolved = Resolve(GetParam().text);
  EXPECT_THAT(resolved, IsBadField(GetParam().field, GetParam().reason));
  EXPECT_THAT(resolved, IsError(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadVectorTest,
    testing::Values(
        BadVector{"Empty", "", "features", "MISSING_FEATURE", "missing: 'digit', 'colour'"},
        BadVector{"OneMissing", "features { feature: 'digit' weights { index: 0 } }", "features", "MISSING_FEATURE",
                  "missing: 'colour'"},
        BadVector{"UnknownFeature", "features { feature: 'digits' weights { index: 0 } }", "features[0].feature",
                  "UNKNOWN_FEATURE", "Did you mean 'digit'? There are: digit, colour."},
        BadVector{"UnknownClass",
                  "features { feature: 'digit' weights { index: 0 } } "
                  "features { feature: 'colour' weights { class: 'red' } weights { class: 'gren' } }",
                  "features[1].weights[1].class", "UNKNOWN_CLASS", "Did you mean 'green'?"},
        BadVector{"IndexTooHigh", "features { feature: 'colour' weights { index: 2 } }", "features[0].weights[0].index",
                  "UNKNOWN_CLASS", "indices are 0 to 1"},
        BadVector{"IndexNegative", "features { feature: 'colour' weights { index: -1 } }",
                  "features[0].weights[0].index", "UNKNOWN_CLASS", "no class with index -1"},
        BadVector{"NoSelector", "features { feature: 'colour' weights { weight: 1 } }", "features[0].weights[0]",
                  "MISSING_CLASS", "needs a class"},
        BadVector{"NoWeights", "features { feature: 'colour' }", "features[0].weights", "MISSING_WEIGHTS",
                  "at least one weight"},
        BadVector{"FeatureTwice",
                  "features { feature: 'colour' weights { index: 0 } } "
                  "features { feature: 'colour' weights { index: 1 } }",
                  "features[1].feature", "DUPLICATE_FEATURE", "'colour' is given twice"},
        BadVector{"ClassTwice", "features { feature: 'colour' weights { index: 0 } weights { class: 'red' } }",
                  "features[0].weights[1]", "DUPLICATE_CLASS", "class 'red' of feature 'colour' is given twice"},
        BadVector{"Nan", "features { feature: 'colour' weights { index: 0 weight: nan } }",
                  "features[0].weights[0].weight", "BAD_WEIGHT", "finite"},
        BadVector{"Infinite", "features { feature: 'colour' weights { index: 0 weight: inf } }",
                  "features[0].weights[0].weight", "BAD_WEIGHT", "finite"},
        BadVector{"Negative", "features { feature: 'colour' weights { index: 0 weight: -0.1 } }",
                  "features[0].weights[0].weight", "BAD_WEIGHT", "-0.1"},
        BadVector{"SumsToZero", "features { feature: 'colour' weights { index: 0 weight: 0 } }", "features[0].weights",
                  "ZERO_WEIGHTS", "'colour' sum to 0"},
        BadVector{"SumsToZeroWithoutNormalize",
                  "normalize: false features { feature: 'colour' weights { index: 0 weight: 0 } }",
                  "features[0].weights", "ZERO_WEIGHTS", "'colour' sum to 0"},
        BadVector{"HugeWithoutNormalize",
                  "normalize: false features { feature: 'colour' weights { index: 0 weight: 3e38 } "
                  "weights { index: 1 weight: 3e38 } }",
                  "features[0].weights", "BAD_WEIGHT", "at most 1e+06"},
        BadVector{"DenseTooShort", "dense: [1, 1, 2, 0]", "dense", "BAD_LENGTH", "has 5 weights, not 4"},
        BadVector{"DenseTooLong", "dense: [1, 1, 2, 0, 1, 1]", "dense", "BAD_LENGTH", "has 5 weights, not 6"},
        BadVector{"DenseNan", "dense: [1, 1, 2, 0, nan]", "dense[4]", "BAD_WEIGHT", "finite"},
        BadVector{"DenseNegative", "dense: [1, -1, 2, 0, 1]", "dense[1]", "BAD_WEIGHT", "-1"},
        BadVector{"DenseZeroFeature", "dense: [1, 1, 2, 0, 0]", "dense", "ZERO_WEIGHTS", "'colour'"},
        BadVector{"Both", "dense: [1, 1, 2, 0, 1] features { feature: 'colour' weights { index: 0 } }", "dense",
                  "CONFLICTING_FIELDS", "not both"}),
    [](const auto& test) { return test.param.name; });

TEST(ResolveFeatureVectorTest, NoRandomVectorGivesWeightsThatAreNotFinite) {
  const std::vector<float> values = {0, 1, -1, 0.5f, kNan, kInfinity, -kInfinity, 1e38f, 1e-45f};
  for (uint64_t i = 0; i < 20'000; ++i) {
    CounterRandom random(3, "vector", i);
    v1::FeatureVector vector;
    if (random.NextBelow(2) == 0) vector.set_normalize(random.NextBelow(2) == 0);
    for (uint64_t k = random.NextBelow(4); k > 0; --k) {
      v1::FeatureWeights* entry = vector.add_features();
      entry->set_feature(random.NextBelow(2) == 0 ? "digit" : "colour");
      for (uint64_t w = random.NextBelow(4); w > 0; --w) {
        v1::ClassWeight* weight = entry->add_weights();
        weight->set_index(static_cast<int>(random.NextBelow(4)) - 1);
        weight->set_weight(values[random.NextBelow(values.size())]);
      }
    }
    if (random.NextBelow(4) == 0) {
      vector.clear_features();
      for (uint64_t k = 4 + random.NextBelow(3); k > 0; --k) {
        vector.add_dense(values[random.NextBelow(values.size())]);
      }
    }
    const auto dense = Resolve(vector);
    if (!dense.ok()) {
      EXPECT_TRUE(absl::IsInvalidArgument(dense.status()));
      continue;
    }
    for (const float weight : *dense) EXPECT_TRUE(std::isfinite(weight) && weight >= 0);
  }
}

}  // namespace
}  // namespace facet::model
