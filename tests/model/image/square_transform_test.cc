// SPDX-License-Identifier: Apache-2.0
#include "model/image/square_transform.h"

#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

using testing::ElementsAre;

std::vector<SquareTransform> Group() {
  std::vector<SquareTransform> all;
  for (const bool mirror : {false, true}) {
    for (int turns = 0; turns < 4; ++turns) all.push_back({turns, mirror});
  }
  return all;
}

using Bytes = std::vector<uint8_t>;

// An image without any symmetry, in the given format.
Bytes RandomImage(const ImageShape& shape, const PixelFormat& format) {
  CounterRandom random(1, "image", shape.samples());
  Bytes bytes(shape.samples() * format.bytes_per_sample());
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.NextUint32());
  return bytes;
}

Bytes Apply(SquareTransform transform, const ImageShape& shape, const PixelFormat& format, const Bytes& source) {
  Bytes target(source.size(), 0xEE);
  ApplySquareTransform(transform, shape, format, source.data(), target.data());
  return target;
}

// 1 2
// 3 4
Bytes ApplyToFour(SquareTransform transform) { return Apply(transform, {2, 2, 1}, {}, {1, 2, 3, 4}); }

TEST(SquareTransformTest, TurnsCounterClockwise) {
  EXPECT_THAT(ApplyToFour({0, false}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ApplyToFour({1, false}), ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(ApplyToFour({2, false}), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(ApplyToFour({3, false}), ElementsAre(3, 1, 4, 2));
}

TEST(SquareTransformTest, NamesSayWhatIsDone) {
  ASSERT_EQ(SquareTransformNames().size(), 8u);
  for (int i = 0; i < 8; ++i) {
    const SquareTransform transform = SquareTransformAt(i);
    EXPECT_EQ(SquareTransformNames()[i], (transform.mirror ? "m" : "r") + std::to_string(90 * transform.quarter_turns));
    EXPECT_EQ(SquareTransformNamed(SquareTransformNames()[i]), transform);
  }
  for (const char* other : {"90", "r45", "M0", ""}) EXPECT_EQ(SquareTransformNamed(other), std::nullopt) << other;
}

TEST(SquareTransformTest, MirrorsLeftToRightBeforeTurning) {
  EXPECT_THAT(ApplyToFour({0, true}), ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(ApplyToFour({1, true}), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(ApplyToFour({2, true}), ElementsAre(3, 4, 1, 2));
  EXPECT_THAT(ApplyToFour({3, true}), ElementsAre(4, 2, 3, 1));
}

TEST(SquareTransformTest, MovesOddSidesAroundTheirMiddle) {
  const Bytes image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_THAT(Apply({1, false}, {3, 3, 1}, {}, image), ElementsAre(3, 6, 9, 2, 5, 8, 1, 4, 7));
}

TEST(SquareTransformTest, KeepsChannelsTogetherInBothLayouts) {
  // Two pixels a row, two channels: 1a 2b / 3c 4d.
  EXPECT_THAT(Apply({1, false}, {2, 2, 2}, {PixelType::kUint8, PixelLayout::kNhwc}, {1, 'a', 2, 'b', 3, 'c', 4, 'd'}),
              ElementsAre(2, 'b', 4, 'd', 1, 'a', 3, 'c'));
  EXPECT_THAT(Apply({1, false}, {2, 2, 2}, {PixelType::kUint8, PixelLayout::kNchw}, {1, 2, 3, 4, 'a', 'b', 'c', 'd'}),
              ElementsAre(2, 4, 1, 3, 'b', 'd', 'a', 'c'));
}

using Format = std::tuple<PixelType, PixelLayout, int, int>;  // with channels and side

class SquareTransformFormatTest : public testing::TestWithParam<Format> {
 protected:
  const PixelFormat format_{std::get<0>(GetParam()), std::get<1>(GetParam())};
  const ImageShape shape_{std::get<3>(GetParam()), std::get<3>(GetParam()), std::get<2>(GetParam())};
  const Bytes image_ = RandomImage(shape_, format_);

  Bytes Transformed(SquareTransform transform, const Bytes& image) const {
    return Apply(transform, shape_, format_, image);
  }
};

TEST_P(SquareTransformFormatTest, ComposeIsOneAfterTheOther) {
  for (const SquareTransform first : Group()) {
    for (const SquareTransform after : Group()) {
      EXPECT_EQ(Transformed(after, Transformed(first, image_)), Transformed(Compose(first, after), image_));
    }
  }
}

TEST_P(SquareTransformFormatTest, InverseUndoes) {
  for (const SquareTransform transform : Group()) {
    EXPECT_EQ(Transformed(Inverse(transform), Transformed(transform, image_)), image_);
  }
}

TEST_P(SquareTransformFormatTest, ElementsDiffer) {
  if (shape_.width < 3) return;  // one pixel is always itself
  std::vector<Bytes> seen;
  for (const SquareTransform transform : Group()) {
    seen.push_back(Transformed(transform, image_));
    for (size_t i = 0; i + 1 < seen.size(); ++i) EXPECT_NE(seen[i], seen.back());
  }
}

INSTANTIATE_TEST_SUITE_P(AllFormats, SquareTransformFormatTest,
                         testing::Combine(testing::Values(PixelType::kUint8, PixelType::kFloat32),
                                          testing::Values(PixelLayout::kNhwc, PixelLayout::kNchw),
                                          testing::Values(1, 3, 4), testing::Values(1, 2, 7, 28)));

TEST(SquareTransformTest, IsAGroup) {
  const SquareTransform identity;
  for (const SquareTransform a : Group()) {
    EXPECT_EQ(Compose(a, identity), a);
    EXPECT_EQ(Compose(identity, a), a);
    EXPECT_EQ(Compose(a, Inverse(a)), identity);
    EXPECT_EQ(Compose(Inverse(a), a), identity);
    for (const SquareTransform b : Group()) {
      EXPECT_THAT(Group(), testing::Contains(Compose(a, b)));
      for (const SquareTransform c : Group()) EXPECT_EQ(Compose(Compose(a, b), c), Compose(a, Compose(b, c)));
    }
  }
}

TEST(SquareTransformTest, IsNotCommutative) {
  EXPECT_FALSE(Compose({1, false}, {0, true}) == Compose({0, true}, {1, false}));
}

TEST(SquareTransformTest, FloatBitsSurvive) {
  const std::vector<float> image = {std::numeric_limits<float>::quiet_NaN(), -0.0f,
                                    std::numeric_limits<float>::denorm_min(), 1.0f};
  std::vector<float> turned(4);
  std::vector<float> back(4);
  const PixelFormat format{PixelType::kFloat32, PixelLayout::kNhwc};
  ApplySquareTransform({1, true}, {2, 2, 1}, format, image.data(), turned.data());
  ApplySquareTransform(Inverse({1, true}), {2, 2, 1}, format, turned.data(), back.data());
  EXPECT_EQ(std::memcmp(image.data(), back.data(), sizeof(float) * 4), 0);
}

}  // namespace
}  // namespace facet::model
