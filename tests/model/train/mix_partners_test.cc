// SPDX-License-Identifier: Apache-2.0
#include "model/train/mix_partners.h"

#include <map>
#include <vector>

#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

TEST(MixPartnersTest, PartnersDifferInTheFeatureAndInNothingElse) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = SplitWithout({}).train;
  const MixPartners partners(*dataset, images, kColour);
  for (size_t position = 0; position < images.size(); ++position) {
    CounterRandom random(3, "test", position);
    const auto partner = partners.Draw(position, random);
    ASSERT_TRUE(partner.has_value());
    const auto own = dataset->labels(images[position]);
    const auto other = dataset->labels(*partner);
    EXPECT_NE(own[kColour], other[kColour]);
    EXPECT_EQ(own[kSide], other[kSide]);
    EXPECT_EQ(own[kShade], other[kShade]);
  }
}

TEST(MixPartnersTest, EachPartnerIsEquallyLikely) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = SplitWithout({}).train;
  const MixPartners partners(*dataset, images, kShade);
  std::map<int64_t, int> drawn;
  for (int i = 0; i < 3000; ++i) {
    CounterRandom random(3, "test", i);
    ++drawn[*partners.Draw(1, random)];
  }
  ASSERT_EQ(drawn.size(), 3);
  for (const auto& [image, times] : drawn) EXPECT_NEAR(times, 1000, 120) << image;
}

TEST(MixPartnersTest, ImagesOutsideTheListAreNoPartners) {
  const auto dataset = MakeTinyDataset();
  // Left in red at every shade, and left in green at the first alone.
  const std::vector<int64_t> images = {0, 1, 2, 3, 4};
  const MixPartners partners(*dataset, images, kColour);
  CounterRandom random(3, "test", 0);
  EXPECT_EQ(partners.Draw(0, random), 4);
  EXPECT_EQ(partners.Draw(4, random), 0);
  for (size_t position = 1; position < 4; ++position) EXPECT_EQ(partners.Draw(position, random), std::nullopt);
}

TEST(MixPartnersTest, ImagesOfOneCellAreNoPartnersOfEachOther) {
  const auto dataset = MakeTinyDataset();
  const std::vector<int64_t> images = {0, 0, 4, 0};
  const MixPartners partners(*dataset, images, kColour);
  for (int i = 0; i < 50; ++i) {
    CounterRandom random(3, "test", i);
    EXPECT_EQ(partners.Draw(1, random), 4);
  }
}

}  // namespace
}  // namespace facet::model
