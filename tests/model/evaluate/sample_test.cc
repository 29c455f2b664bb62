// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/sample.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::Each;
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

// One white pixel for each combination of classes, the last feature fastest.
std::unique_ptr<Dataset> MakeCells(const std::vector<Feature>& features) {
  const std::string path = MakeTempDir() + "/data";
  const FeatureSchema schema = *FeatureSchema::Create(features);
  auto writer = *DatasetWriter::Create(FileSystem::Posix(), path, schema, {1, 1, 3});
  const std::vector<uint8_t> pixel(3, 255);
  std::vector<uint16_t> labels(features.size());
  for (bool done = false; !done;) {
    EXPECT_TRUE(writer->Add(pixel.data(), labels).ok());
    size_t f = features.size();
    while (f > 0 && ++labels[f - 1] == features[f - 1].classes.size()) labels[--f] = 0;
    done = f == 0;
  }
  EXPECT_TRUE(writer->Finish().ok());
  return *Dataset::Open(*FileSystem::Posix(), path);
}

std::vector<int64_t> AllOf(const Dataset& dataset) {
  std::vector<int64_t> images(dataset.size());
  std::iota(images.begin(), images.end(), 0);
  return images;
}

// As high-level rules hold out: of each face all its transforms.
TEST(SampleCellsTest, EveryFaceIsThereUprightBeforeOneIsThereTwice) {
  const auto dataset = MakeCells({{"identity", {"a", "b", "c", "d", "e", "f", "g", "h"}},
                                  {"transform", {"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"}}});
  std::vector<int64_t> images = AllOf(*dataset);
  std::erase(images, 8);  // b, r0
  for (const uint64_t seed : {1, 2, 3}) {
    std::set<int> upright;
    std::vector<int> transforms(8);
    for (const int64_t image : SampleCells(*dataset, images, 32, seed)) {
      ++transforms[dataset->labels(image)[1]];
      if (image % 8 == 0 || image == 12) upright.insert(dataset->labels(image)[0]);
    }
    EXPECT_THAT(upright, SizeIs(8)) << "b as m0";
    EXPECT_THAT(transforms, Each(testing::Ge(3))) << "the others are spread";
  }
}

// As missing-colour holds out of digits: every rotation of an example.
TEST(SampleCellsTest, ClassesOfEveryFeatureComeEvenly) {
  const auto dataset = MakeCells({{"digit", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
                                  {"colour", {"red", "green", "blue"}},
                                  {"rotation", {"0", "90", "180", "270"}}});
  std::vector<std::vector<int>> counts = {std::vector<int>(10), std::vector<int>(3), std::vector<int>(4)};
  for (const int64_t image : SampleCells(*dataset, AllOf(*dataset), 30, 1)) {
    for (int f = 0; f < 3; ++f) ++counts[f][dataset->labels(image)[f]];
  }
  EXPECT_THAT(counts[0], Each(3));
  EXPECT_THAT(counts[1], Each(testing::AllOf(testing::Ge(9), testing::Le(11))));
  EXPECT_THAT(counts[2], Each(testing::AllOf(testing::Ge(7), testing::Le(8))));
}

}  // namespace
}  // namespace facet::model
