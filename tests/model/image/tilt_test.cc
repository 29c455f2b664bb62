// SPDX-License-Identifier: Apache-2.0
#include "model/image/tilt.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "model/image/square_transform.h"

namespace facet::model {
namespace {

constexpr ImageShape kShape{9, 9, 3};

std::vector<uint8_t> Gradient() {
  std::vector<uint8_t> pixels(kShape.samples());
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x) {
      for (int c = 0; c < 3; ++c) pixels[(y * 9 + x) * 3 + c] = static_cast<uint8_t>(20 * x + 5 * y + c);
    }
  }
  return pixels;
}

std::vector<uint8_t> Tilt(const std::vector<uint8_t>& pixels, bool mirror, double degrees) {
  std::vector<uint8_t> tilted(pixels.size());
  TiltImage(kShape, pixels.data(), mirror, degrees, tilted.data());
  return tilted;
}

std::vector<uint8_t> Square(const std::vector<uint8_t>& pixels, SquareTransform transform) {
  std::vector<uint8_t> moved(pixels.size());
  ApplySquareTransform(transform, kShape, PixelFormat{}, pixels.data(), moved.data());
  return moved;
}

TEST(TiltImageTest, NoAngleChangesNothing) { EXPECT_EQ(Tilt(Gradient(), false, 0), Gradient()); }

TEST(TiltImageTest, AgreesWithTheMovesOfTheSquare) {
  EXPECT_EQ(Tilt(Gradient(), true, 0), Square(Gradient(), {0, true}));
  EXPECT_EQ(Tilt(Gradient(), false, 90), Square(Gradient(), {1, false}));
  EXPECT_EQ(Tilt(Gradient(), true, 90), Square(Gradient(), {1, true}));
  EXPECT_EQ(Tilt(Gradient(), false, 180), Square(Gradient(), {2, false}));
}

TEST(TiltImageTest, AFlatImageStaysFlatToItsEdges) {
  const std::vector<uint8_t> flat(kShape.samples(), 77);
  EXPECT_EQ(Tilt(flat, true, 13.7), flat);
}

TEST(TiltImageTest, ASmallAngleKeepsTheCentreAndMovesTheRest) {
  const auto tilted = Tilt(Gradient(), false, 10);
  EXPECT_EQ(tilted[(4 * 9 + 4) * 3], Gradient()[(4 * 9 + 4) * 3]);
  // Counter-clockwise, what is above the centre goes to the left: its place
  // shows what was to the right of it, which is brighter.
  EXPECT_GT(tilted[(1 * 9 + 4) * 3], Gradient()[(1 * 9 + 4) * 3]);
  EXPECT_LT(tilted[(7 * 9 + 4) * 3], Gradient()[(7 * 9 + 4) * 3]);
}

}  // namespace
}  // namespace facet::model
