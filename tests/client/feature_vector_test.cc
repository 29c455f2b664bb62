// SPDX-License-Identifier: Apache-2.0
#include "facet/client/feature_vector.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/base/status_is.h"

namespace facet::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "name:weight", the weight left out where there is none.
std::vector<std::string> Shown(const v1::FeatureWeights& weights) {
  std::vector<std::string> shown;
  for (const auto& weight : weights.weights()) {
    std::string text = weight.has_index() ? absl::StrCat("#", weight.index()) : weight.class_();
    if (weight.has_weight()) absl::StrAppend(&text, ":", weight.weight());
    shown.push_back(std::move(text));
  }
  return shown;
}

TEST(ParseFeatureWeightsTest, OneClassByNameOrIndex) {
  const auto weights = ParseFeatureWeights("digit=7");
  ASSERT_THAT(weights, IsOk());
  EXPECT_EQ(weights->feature(), "digit");
  EXPECT_THAT(Shown(*weights), ElementsAre("7"));
  EXPECT_THAT(Shown(*ParseFeatureWeights("digit=#7")), ElementsAre("#7"));
}

TEST(ParseFeatureWeightsTest, MixesOfAnyNumber) {
  EXPECT_THAT(Shown(*ParseFeatureWeights("colour=red:0.5,green:0.25,blue:0.25")),
              ElementsAre("red:0.5", "green:0.25", "blue:0.25"));
  EXPECT_THAT(Shown(*ParseFeatureWeights("colour=red,#2:3")), ElementsAre("red", "#2:3"));
  EXPECT_THAT(Shown(*ParseFeatureWeights("colour=red:1e-1")), ElementsAre("red:0.1"));
}

TEST(ParseFeatureWeightsTest, SpacesAroundNamesAreDropped) {
  const auto weights = ParseFeatureWeights(" colour = red:0.5 , green:0.5 ");
  ASSERT_THAT(weights, IsOk());
  EXPECT_EQ(weights->feature(), "colour");
  EXPECT_THAT(Shown(*weights), ElementsAre("red:0.5", "green:0.5"));
}

TEST(ParseFeatureWeightsTest, NamesMayHoldEqualsSignsAndWithAWeightColons) {
  EXPECT_THAT(Shown(*ParseFeatureWeights("who=a=b")), ElementsAre("a=b"));
  EXPECT_THAT(Shown(*ParseFeatureWeights("who=a:b:1")), ElementsAre("a:b:1"));
}

TEST(ParseFeatureWeightsTest, ShowsWhatIsWrong) {
  for (const auto& [text, says] :
       std::vector<std::pair<std::string, std::string>>{{"", "there is no 'feature='"},
                                                        {"digit", "there is no 'feature='"},
                                                        {"=7", "there is no 'feature='"},
                                                        {" =7", "there is no 'feature='"},
                                                        {"digit=", "a class is empty"},
                                                        {"digit=7,", "a class is empty"},
                                                        {"digit=:0.5", "a class is empty"},
                                                        {"digit=7:half", "the weight 'half' is no number"},
                                                        {"digit=7:", "the weight '' is no number"},
                                                        {"digit=#", "'#' is no class index"},
                                                        {"digit=#seven", "'#seven' is no class index"},
                                                        {"digit=#99999999999", "is no class index"}}) {
    const auto weights = ParseFeatureWeights(text);
    EXPECT_THAT(weights, IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says))) << text;
    EXPECT_THAT(std::string(weights.status().message()), HasSubstr("write feature=class")) << text;
  }
}

TEST(ParseFeatureVectorTest, OneSettingAFeature) {
  const auto vector = ParseFeatureVector({"digit=7", "colour=red:0.5,green:0.5"});
  ASSERT_THAT(vector, IsOk());
  ASSERT_EQ(vector->features_size(), 2);
  EXPECT_EQ(vector->features(1).feature(), "colour");
  EXPECT_EQ(ParseFeatureVector({})->features_size(), 0);
}

TEST(ParseFeatureVectorTest, AFeatureTwiceIsRefused) {
  EXPECT_THAT(ParseFeatureVector({"colour=red", "digit=1", "colour=green"}),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("'colour' is set twice")));
}

v1::FeatureVector Vector(const std::vector<std::string>& settings) { return ParseFeatureVector(settings).value(); }

TEST(InterpolateTest, BlendsLinearly) {
  const auto ends = std::pair(Vector({"digit=3"}), Vector({"digit=8"}));
  EXPECT_THAT(Shown(Interpolate(ends.first, ends.second, 0.25f)->features(0)), ElementsAre("3:0.75", "8:0.25"));
  EXPECT_THAT(Shown(Interpolate(ends.first, ends.second, 0)->features(0)), ElementsAre("3:1", "8:0"));
  EXPECT_THAT(Shown(Interpolate(ends.first, ends.second, 1)->features(0)), ElementsAre("3:0", "8:1"));
}

TEST(InterpolateTest, BlendsMixesEachOfItsOwnSum) {
  const auto middle = Interpolate(Vector({"colour=red:3,green:1"}), Vector({"colour=green"}), 0.5f);
  ASSERT_THAT(middle, IsOk());
  EXPECT_THAT(Shown(middle->features(0)), ElementsAre("green:0.625", "red:0.375"));
}

TEST(InterpolateTest, FeaturesMayStandInAnotherOrder) {
  const auto middle = Interpolate(Vector({"digit=3", "colour=red"}), Vector({"colour=red", "digit=8"}), 0.5f);
  ASSERT_THAT(middle, IsOk());
  EXPECT_THAT(Shown(middle->features(0)), ElementsAre("3:0.5", "8:0.5"));
  EXPECT_THAT(Shown(middle->features(1)), ElementsAre("red:1"));
}

TEST(InterpolateTest, EndsThatDoNotMatchAreRefused) {
  EXPECT_THAT(Interpolate(Vector({"digit=3"}), Vector({"colour=red"}), 0.5f),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("'digit' is set for one end only")));
  EXPECT_THAT(Interpolate(Vector({"digit=3"}), Vector({"digit=3", "colour=red"}), 0.5f),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("different features")));
  EXPECT_THAT(Interpolate(Vector({"digit=3"}), Vector({"digit=#8"}), 0.5f),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("by index at the other")));
}

TEST(InterpolateTest, DenseVectorsAreRefused) {
  v1::FeatureVector dense;
  dense.add_dense(1);
  EXPECT_THAT(Interpolate(dense, dense, 0.5f), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("dense")));
}

}  // namespace
}  // namespace facet::client
