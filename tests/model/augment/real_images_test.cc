// SPDX-License-Identifier: Apache-2.0
#include "model/augment/real_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

// Six images of a data set with a feature of its own, in another order than the
// model's: (session, expression, identity).
const FeatureSchema kDataset =
    FeatureSchema::Create({{"session", {"A", "B"}}, {"expression", {"e1", "e0"}}, {"identity", {"p0", "p1", "x"}}})
        .value();
const std::vector<std::vector<uint16_t>> kLabels = {{0, 0, 0}, {1, 0, 1}, {0, 1, 2}, {1, 1, 0}, {0, 1, 1}, {1, 0, 2}};

absl::StatusOr<RealImages> Make(const std::string& text, const FeatureSchema& model = FaceSchema(2, 2)) {
  return RealImages::Create(FromText<v1::RealImages>(text), model, kDataset, 6,
                            [](int64_t i) { return absl::MakeConstSpan(kLabels[i]); });
}

std::vector<int64_t> Numbers(const RealImages& images) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < images.size(); ++i) numbers.push_back(images.image(i));
  return numbers;
}

TEST(RealImagesTest, AreThoseWhoseClassesTheModelHas) {
  const RealImages images = Make("").value();
  EXPECT_THAT(Numbers(images), ElementsAre(0, 1, 3, 4));
}

TEST(RealImagesTest, LabelsAreInTheModelsOrder) {
  const RealImages images = Make("").value();
  std::vector<float> dense(4, 7.0f);
  images.Write(1, absl::MakeSpan(dense));  // p1, e1
  EXPECT_THAT(dense, ElementsAre(0, 1, 0, 1));
  images.Write(2, absl::MakeSpan(dense));  // p0, e0
  EXPECT_THAT(dense, ElementsAre(1, 0, 1, 0));
}

TEST(RealImagesTest, OnlyTheWantedClasses) {
  EXPECT_THAT(Numbers(Make("only { feature: 'session' classes: 'B' }").value()), ElementsAre(1, 3));
  EXPECT_THAT(
      Numbers(Make("only { feature: 'session' classes: 'B' } only { feature: 'identity' classes: 'p1' }").value()),
      ElementsAre(1));
}

TEST(RealImagesTest, RefusalsSayWhatIsWrong) {
  EXPECT_THAT(Make("only { feature: 'sessions' classes: 'B' }"), IsBadField("only[0].feature", "UNKNOWN_FEATURE"));
  EXPECT_THAT(Make("only { feature: 'session' classes: 'C' }"), IsBadField("only[0].classes[0]", "UNKNOWN_CLASS"));
  EXPECT_THAT(Make("only { feature: 'session' classes: 'A' } only { feature: 'session' classes: 'B' }"),
              IsBadField("only[1].feature", "DUPLICATE_FEATURE"));
  EXPECT_THAT(Make("only { feature: 'session' classes: 'A' classes: 'A' }"),
              IsBadField("only[0].classes[1]", "DUPLICATE_CLASS"));
  EXPECT_THAT(Make("only { feature: 'session' }"), IsBadField("only[0].classes", "MISSING_CLASSES"));
  EXPECT_THAT(Make("only { feature: 'identity' classes: 'x' }"), IsBadField("only", "NO_IMAGES"));
  EXPECT_THAT(Make("", FeatureSchema::Create({{"age", {"old"}}}).value()),
              HasReason(absl::StatusCode::kFailedPrecondition, "SCHEMA_MISMATCH"));
}

TEST(InterleavingTest, HoldsTheShareInEveryStretch) {
  for (const double share : {0.01, 0.25, 1 / 3.0, 0.5, 0.9}) {
    const Interleaving places(1000, share);
    EXPECT_EQ(places.rendered(), 1000);
    const double real = static_cast<double>(places.real()) / static_cast<double>(places.size());
    EXPECT_NEAR(real, share, 0.001);
    EXPECT_EQ(places.RealBefore(places.size()), places.real());
    for (int64_t begin = 0; begin + 64 <= places.size(); begin += 13) {
      const auto count = static_cast<double>(places.RealBefore(begin + 64) - places.RealBefore(begin));
      EXPECT_LE(std::abs(count - 64 * real), 1) << share << " at " << begin;
    }
  }
}

TEST(InterleavingTest, AtLeastOneIsRealAndNoneWithoutAShare) {
  EXPECT_EQ(Interleaving(10, 0.001).real(), 1);
  EXPECT_EQ(Interleaving(10).real(), 0);
  EXPECT_FALSE(Interleaving(10).IsReal(3));
}

TEST(InterleavingTest, DoesNotOverflow) {
  const Interleaving places(int64_t{1} << 48, 0.5);
  EXPECT_EQ(places.RealBefore(places.size()), int64_t{1} << 48);
  EXPECT_TRUE(places.IsReal(places.size() - 1));
}

}  // namespace
}  // namespace facet::model
