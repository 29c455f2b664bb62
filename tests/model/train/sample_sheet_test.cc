// SPDX-License-Identifier: Apache-2.0
#include "model/train/sample_sheet.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

class SampleSheetTest : public testing::Test {
 protected:
  // What a perfect generator would draw, `shift` brighter.
  std::vector<float> Draw(const std::vector<int64_t>& images, float shift) {
    std::vector<float> drawn;
    for (const int64_t image : images) {
      for (size_t k = 0; k < dataset_->info().shape.samples(); ++k) {
        drawn.push_back(static_cast<float>(dataset_->pixels(image)[k]) / 255.0f + shift);
      }
    }
    return drawn;
  }
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
};

TEST_F(SampleSheetTest, TakesHeldOutImagesWhereThereAreAny) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({5, 7}));
  EXPECT_TRUE(sheet.held_out());
  EXPECT_EQ(sheet.size(), 2);
  // Image 5: left, green, shade 50.
  const std::vector<float> first(sheet.labels().begin(), sheet.labels().begin() + 9);
  EXPECT_EQ(first, (std::vector<float>{1, 0, 0, 1, 0, 0, 1, 0, 0}));
}

// Where the transform is what changes fastest, images at equal distances would
// show half of the transforms, or one.
TEST(SampleSheetChoiceTest, AllClassesAreAmongTheSamples) {
  Feature people{"identity", {}};
  for (int i = 0; i < 16; ++i) people.classes.push_back(absl::StrCat("p", i));
  const Feature transforms{"transform", {"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"}};
  const FeatureSchema schema = FeatureSchema::Create({people, transforms}).value();
  const TempDir folder;
  MakeDataset(folder / "data", schema, AllCombinations(schema));
  const auto dataset = Dataset::Open(*FileSystem::Posix(), folder / "data").value();
  std::vector<int64_t> all;
  for (int64_t i = 0; i < dataset->info().image_count; ++i) all.push_back(i);
  Split split;
  split.train = {0};
  split.held_out.push_back({"all", all});
  const SampleSheet sheet(dataset.get(), split);
  ASSERT_EQ(sheet.size(), 32);
  std::map<int, int> of_person;
  std::map<int, int> of_transform;
  for (const int64_t image : sheet.images()) {
    ++of_person[dataset->labels(image)[0]];
    ++of_transform[dataset->labels(image)[1]];
  }
  ASSERT_EQ(of_person.size(), 16u);
  ASSERT_EQ(of_transform.size(), 8u);
  for (const auto& [person, count] : of_person) EXPECT_EQ(count, 2) << person;
  for (const auto& [transform, count] : of_transform) EXPECT_EQ(count, 4) << transform;
}

TEST_F(SampleSheetTest, TakesTrainingImagesElse) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({}));
  EXPECT_FALSE(sheet.held_out());
  EXPECT_EQ(sheet.size(), kTinyImages);
}

TEST_F(SampleSheetTest, PsnrIsThatOfTheMeanSquaredError) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({0, 1}));
  EXPECT_EQ(*sheet.Psnr(Draw({0, 1}, 0)), 100);
  EXPECT_NEAR(*sheet.Psnr(Draw({0, 1}, 0.01f)), 40, 0.1);
}

TEST_F(SampleSheetTest, WhatIsNoNumberHasNoPsnrAndIsBlack) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({0, 1}));
  std::vector<float> drawn = Draw({0, 1}, 0);
  drawn[0] = std::nanf("");
  EXPECT_EQ(sheet.Psnr(drawn), std::nullopt);
  EXPECT_EQ(sheet.Draw(drawn).pixels[size_t{56} * 2 * 56 * 3], 0);
}

TEST_F(SampleSheetTest, RealImagesStandAboveDrawnOnes) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({0, 1}));
  const Image image = sheet.Draw(Draw({1, 0}, 0));  // in the wrong order
  EXPECT_EQ(image.shape, (ImageShape{2 * 56, 2 * 56, 3}));
  const auto at = [&](int x, int y) { return image.pixels[(y * image.shape.width + x) * 3]; };
  EXPECT_EQ(at(20, 20), dataset_->pixels(0)[(2 * kTinySize + 2) * 3]);
  EXPECT_EQ(at(56 + 20, 56 + 20), at(20, 20));
  EXPECT_NE(at(56 + 20, 20), at(20, 20));
}

TEST_F(SampleSheetTest, WhatIsDrawnIsReadBack) {
  for (const Split& split : {SplitWithout({0, 1, 9}), SplitWithout({})}) {
    const SampleSheet sheet(dataset_.get(), split);
    std::vector<float> drawn = Draw(sheet.images(), 0);
    std::reverse(drawn.begin(), drawn.end());  // not the real ones
    const auto read = sheet.Read(sheet.Draw(drawn));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, drawn) << "all values are 255ths";
  }
}

TEST_F(SampleSheetTest, ValuesBetweenAreRoundedAndThoseBeyondClamped) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({5}));
  std::vector<float> drawn = Draw({5}, 0);
  drawn[0] = -1;
  drawn[1] = 2;
  drawn[2] = 0.5f;
  const std::vector<float> read = *sheet.Read(sheet.Draw(drawn));
  EXPECT_EQ(read[0], 0);
  EXPECT_EQ(read[1], 1);
  EXPECT_NEAR(read[2], 0.5, 0.5 / 255 + 1e-6);
}

TEST_F(SampleSheetTest, ASheetOfOtherSamplesIsNotRead) {
  const SampleSheet sheet(dataset_.get(), SplitWithout({0}));
  const SampleSheet larger(dataset_.get(), SplitWithout({0, 1}));
  EXPECT_EQ(GetErrorDetail(sheet.Read(larger.Draw(Draw({0, 1}, 0))).status()).reason, "BAD_IMAGE");
  const SampleSheet other(dataset_.get(), SplitWithout({1}));
  EXPECT_EQ(GetErrorDetail(sheet.Read(other.Draw(Draw({0}, 0))).status()).reason, "BAD_IMAGE") << "of as many";
}

}  // namespace
}  // namespace facet::model
