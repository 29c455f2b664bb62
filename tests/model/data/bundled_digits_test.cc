// SPDX-License-Identifier: Apache-2.0
// The digits in data/digits, through the whole import.
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/data/digits_source.h"
#include "model/data/import.h"
#include "tests/base/must_run.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

class BundledDigitsTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const source = std::getenv("FACET_SOURCE_DIR");
    if (source == nullptr) SKIP_FOR_WANT_OF("FACET_SOURCE_DIR is not set");
    folder_ = absl::StrCat(source, "/data/digits");
  }
  std::string folder_;
};

TEST_F(BundledDigitsTest, HasAHundredOfEachInTurn) {
  const auto source = ReadDigitsSource(*FileSystem::Posix(), folder_);
  ASSERT_THAT(source, IsOk());
  EXPECT_EQ(source->side, 28);
  ASSERT_EQ(source->digits.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(source->digits[i], i % 10);
}

// Ink of real handwriting: a middle that is written on, a border that is not.
TEST_F(BundledDigitsTest, LooksLikeDigits) {
  const auto source = ReadDigitsSource(*FileSystem::Posix(), folder_).value();
  for (int64_t i = 0; i < 1000; ++i) {
    int border = 0;
    int ink = 0;
    for (int p = 0; p < 28 * 28; ++p) {
      const int value = source.picture(i)[p];
      ink += value;
      if (p % 28 == 0 || p % 28 == 27 || p < 28 || p >= 27 * 28) border += value;
    }
    EXPECT_GT(ink, 255 * 15) << i;
    EXPECT_LT(ink, 255 * 350) << i;
    EXPECT_LT(border, ink / 20 + 1) << i;
  }
}

TEST_F(BundledDigitsTest, MakesTheTwelveThousandImagesOfThePaper) {
  const TempDir dir;
  ImportOptions options;
  options.source = folder_;
  options.target = dir / "digits";
  options.spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
  const auto result = ImportImages(*FileSystem::Posix(), options);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->info.image_count, 12'000);
  EXPECT_EQ(result->info.shape, (ImageShape{28, 28, 3}));
  EXPECT_EQ(result->info.schema.total_classes(), 10 + 3 + 4 + 100);
  // As NumPy computes it from the same files by the rules of docs/dataset_format.md.
  EXPECT_EQ(result->info.fingerprint, "99b263c5d0166434f0dbcf9c44cbd891965204acb0f45a6ecbf88e222fb2b55e");
  const auto dataset = Dataset::Open(*FileSystem::Posix(), options.target);
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ((*dataset)->size(), 12'000);
}

}  // namespace
}  // namespace facet::model
