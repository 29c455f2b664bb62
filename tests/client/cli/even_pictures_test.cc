// SPDX-License-Identifier: Apache-2.0
#include "client/cli/even_pictures.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

const std::vector<std::string> kTransforms = {"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"};

v1::FeatureSchema Faces() {
  return FromText<v1::FeatureSchema>(R"(
    features { name: "identity" classes: ["F01", "M01", "M02"] }
    features { name: "transform" classes: ["r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"] })");
}

std::vector<std::vector<std::string>> AllFaces() {
  std::vector<std::vector<std::string>> classes;
  for (const char* person : {"F01", "M01", "M02"}) {
    for (const std::string& transform : kTransforms) classes.push_back({person, transform});
  }
  return classes;
}

TEST(ChoosePicturesTest, EveryFaceIsThereUprightFirst) {
  auto classes = AllFaces();
  EXPECT_THAT(ChoosePictures(Faces(), classes, 3, Upright::kFirst), ElementsAre(0, 8, 16));
  classes.erase(classes.begin() + 8);
  EXPECT_THAT(ChoosePictures(Faces(), classes, 3, Upright::kFirst), ElementsAre(0, 11, 15))
      << "m0 where there is no r0";
}

TEST(ChoosePicturesTest, WithoutThatTransformsComeEvenlyToo) {
  std::vector<int> counts(8);
  for (const size_t i : ChoosePictures(Faces(), AllFaces(), 16, Upright::kAny)) ++counts[i % 8];
  EXPECT_THAT(counts, Each(2));
}

// Steps of one length fall in step with the order of a data set, and then show
// one colour, one rotation and six of the ten digits.
TEST(ChoosePicturesTest, DigitsComeInAllColoursAndRotations) {
  v1::FeatureSchema schema;
  const std::vector<std::pair<std::string, std::vector<std::string>>> features = {
      {"digit", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"colour", {"red", "green", "blue"}},
      {"rotation", {"0", "90", "180", "270"}}};
  for (const auto& [name, classes] : features) {
    v1::Feature& feature = *schema.add_features();
    feature.set_name(name);
    *feature.mutable_classes() = {classes.begin(), classes.end()};
  }
  std::vector<std::vector<std::string>> classes;
  for (int i = 0; i < 240; ++i) {
    classes.push_back({absl::StrCat(i / 24), features[1].second[i / 4 % 3], features[2].second[i % 4]});
  }
  std::vector<std::vector<int>> counts = {std::vector<int>(10), std::vector<int>(3), std::vector<int>(4)};
  for (const size_t i : ChoosePictures(schema, classes, 24, Upright::kFirst)) {
    ++counts[0][i / 24];
    ++counts[1][i / 4 % 3];
    ++counts[2][i % 4];
  }
  EXPECT_THAT(counts[0], Each(AllOf(Ge(2), Le(3))));
  EXPECT_THAT(counts[1], Each(AllOf(Ge(7), Le(9))));
  EXPECT_THAT(counts[2], Each(AllOf(Ge(5), Le(7)))) << "degrees are no square transforms: 0 is not preferred";
}

TEST(ChoosePicturesTest, NoneOfNone) { EXPECT_THAT(ChoosePictures(Faces(), {}, 3, Upright::kFirst), IsEmpty()); }

}  // namespace
}  // namespace facet::cli
