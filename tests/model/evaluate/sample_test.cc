// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/sample.h"

#include <algorithm>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(SamplePositionsTest, AreDistinctAndInRange) {
  const auto positions = SamplePositions(100, 30, 1, "test");
  ASSERT_THAT(positions, SizeIs(30));
  EXPECT_EQ(std::set<int64_t>(positions.begin(), positions.end()).size(), 30);
  EXPECT_LT(*std::max_element(positions.begin(), positions.end()), 100);
  EXPECT_EQ(positions, SamplePositions(100, 30, 1, "test"));
  EXPECT_NE(positions, SamplePositions(100, 30, 2, "test"));
}

TEST(SamplePositionsTest, AreAllWhereMoreAreAskedFor) {
  EXPECT_THAT(SamplePositions(5, 30, 1, "test"), testing::UnorderedElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(SamplePositions(0, 30, 1, "test"), IsEmpty());
}

TEST(SampleCellsTest, TakesAsManyCellsAsCanBe) {
  const auto dataset = MakeTinyDataset();
  // Image 0 five times over, and two others.
  const std::vector<int64_t> images = {0, 0, 0, 0, 0, 9, 17};
  EXPECT_THAT(SampleCells(*dataset, images, 3, 1), ElementsAre(0, 9, 17));
  EXPECT_THAT(SampleCells(*dataset, images, 5, 1), ElementsAre(0, 0, 0, 9, 17));
  EXPECT_EQ(CountCells(*dataset, images), 3);
}

}  // namespace
}  // namespace facet::model
