// SPDX-License-Identifier: Apache-2.0
#include "model/train/thumbnails.h"

#include <cmath>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

class ThumbnailsTest : public testing::Test {
 protected:
  // A data set of these images of one class.
  std::unique_ptr<Dataset> DatasetOf(const std::vector<std::vector<uint8_t>>& images, const ImageShape& shape) {
    auto writer =
        DatasetWriter::Create(FileSystem::Posix(), dir_ / "data", *FeatureSchema::Create({{"only", {"one"}}}), shape);
    EXPECT_THAT(writer, IsOk());
    const uint16_t labels[] = {0};
    for (const auto& image : images) EXPECT_THAT((*writer)->Add(image.data(), labels), IsOk());
    EXPECT_THAT((*writer)->Finish(), IsOk());
    return Dataset::Open(*FileSystem::Posix(), dir_ / "data").value();
  }

  TempDir dir_;
};

TEST_F(ThumbnailsTest, DistanceIsOfTheMeansOf8By8Fields) {
  const ImageShape shape = {24, 16, 3};  // fields of 3 x 2 pixels
  std::vector<std::vector<uint8_t>> images(2, std::vector<uint8_t>(shape.samples(), 100));
  // Up by 6 at one pixel of the field at row 2, column 5, in green: its mean is up by 1.
  images[1][((3 * 2 + 1) * 16 + 2 * 5 + 1) * 3 + 1] += 6;
  // Up by 12 and down by 12 in the last field: its mean stays.
  images[1][(23 * 16 + 15) * 3] += 12;
  images[1][(21 * 16 + 14) * 3] -= 12;
  // Up by 18 in red at the first pixel: up by 3.
  images[1][0] += 18;
  const Thumbnails thumbnails(*DatasetOf(images, shape), std::vector<int64_t>{0, 1});
  EXPECT_EQ(thumbnails.Distance(0, 1), 1 * 1 + 3 * 3);
  EXPECT_EQ(thumbnails.Distance(1, 0), 1 * 1 + 3 * 3);
  EXPECT_EQ(thumbnails.Distance(1, 1), 0);
}

TEST_F(ThumbnailsTest, FieldsOfAnySizeCountAlike) {
  const ImageShape shape = {13, 20, 3};
  std::vector<std::vector<uint8_t>> images;
  for (const uint8_t level : {200, 7, 9}) images.emplace_back(shape.samples(), level);
  const Thumbnails thumbnails(*DatasetOf(images, shape), std::vector<int64_t>{2, 1, 0});
  EXPECT_EQ(thumbnails.Distance(0, 1), 8 * 8 * 3 * 2 * 2);
  EXPECT_EQ(thumbnails.Distance(0, 2), 8 * 8 * 3 * 191 * 191) << "positions, not indices";
}

TEST_F(ThumbnailsTest, SmallerImagesAreComparedByTheirPixels) {
  const ImageShape shape = {2, 3, 3};
  std::vector<std::vector<uint8_t>> images(2, std::vector<uint8_t>(shape.samples(), 50));
  images[1][4] = 55;
  const Thumbnails thumbnails(*DatasetOf(images, shape), std::vector<int64_t>{0, 1});
  EXPECT_EQ(thumbnails.Distance(0, 1), 25);
}

}  // namespace
}  // namespace facet::model
