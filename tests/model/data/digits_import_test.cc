// SPDX-License-Identifier: Apache-2.0
#include "model/data/digits_import.h"

#include <atomic>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/idx_builder.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FileSystem& Disk() { return *FileSystem::Posix(); }

// Three pictures of each digit, 8 x 8, in the order 0 … 9, 0 … 9, 0 … 9. Only
// the top left corner has a picture: 10 * digit + number + 1.
class DigitsImportTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string values;
    std::string labels;
    for (int example = 0; example < 3; ++example) {
      for (int digit = 0; digit < 10; ++digit) {
        std::string picture(64, '\0');
        picture[0] = static_cast<char>(10 * digit + example + 1);
        values += picture;
        labels += static_cast<char>(digit);
      }
    }
    dir_.Write("source/train-images-idx3-ubyte", MakeIdx({30, 8, 8}, values));
    dir_.Write("source/train-labels-idx1-ubyte", MakeIdx({30}, labels));
    options_.source = dir_ / "source";
    options_.target = dir_ / "target";
    options_.spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
    digits().set_examples_per_digit(2);
  }

  v1::DigitsImportOptions& digits() { return *options_.spec.mutable_digits(); }
  auto Import() { return ImportImages(Disk(), options_); }
  std::unique_ptr<Dataset> Imported() {
    EXPECT_THAT(Import(), IsOk());
    return Dataset::Open(Disk(), options_.target).value();
  }

  TempDir dir_;
  ImportOptions options_;
};

TEST_F(DigitsImportTest, FeaturesAreInTheDocumentedOrder) {
  const auto dataset = Imported();
  const std::vector<Feature> features = dataset->info().schema.features();
  ASSERT_EQ(features.size(), 4u);
  EXPECT_EQ(features[0].name, "digit");
  EXPECT_THAT(features[0].classes, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_EQ(features[1], (Feature{"colour", {"red", "green", "blue"}}));
  EXPECT_EQ(features[2], (Feature{"rotation", {"0", "90", "180", "270"}}));
  EXPECT_EQ(features[3], (Feature{"example", {"0", "1"}}));
  EXPECT_EQ(dataset->info().shape, (ImageShape{8, 8, 3}));
}

TEST_F(DigitsImportTest, ImagesAreInTheDocumentedOrder) {
  const auto dataset = Imported();
  ASSERT_EQ(dataset->size(), 2 * 10 * 3 * 4);
  int64_t i = 0;
  for (uint16_t example = 0; example < 2; ++example) {
    for (uint16_t digit = 0; digit < 10; ++digit) {
      for (uint16_t colour = 0; colour < 3; ++colour) {
        for (uint16_t rotation = 0; rotation < 4; ++rotation) {
          EXPECT_THAT(dataset->labels(i++), ElementsAre(digit, colour, rotation, example));
        }
      }
    }
  }
}

TEST_F(DigitsImportTest, GreyGoesIntoOneChannelAndTurnsCounterClockwise) {
  const auto dataset = Imported();
  // The corner goes round: top left, bottom left, bottom right, top right.
  const int corners[] = {0, 7 * 8, 7 * 8 + 7, 7};
  for (int64_t i = 0; i < dataset->size(); ++i) {
    const absl::Span<const uint16_t> labels = dataset->labels(i);
    const int grey = 10 * labels[0] + labels[3] + 1;
    std::vector<uint8_t> wanted(8 * 8 * 3);
    wanted[3 * corners[labels[2]] + labels[1]] = static_cast<uint8_t>(grey);
    EXPECT_EQ(std::vector<uint8_t>(dataset->pixels(i), dataset->pixels(i) + 192), wanted) << i;
  }
}

TEST_F(DigitsImportTest, SkipsTheFirstOfEachDigit) {
  digits().set_skip_per_digit(1);
  const auto dataset = Imported();
  EXPECT_EQ(dataset->pixels(0)[0], 2);  // digit 0, its second picture, red, upright
  EXPECT_EQ(dataset->info().schema.features()[3].classes, (std::vector<std::string>{"0", "1"}));
}

TEST_F(DigitsImportTest, TakesSomeColoursAndRotationsInTheirOwnOrder) {
  digits().add_colours("blue");
  digits().add_colours("red");
  digits().add_rotations(180);
  const auto dataset = Imported();
  EXPECT_EQ(dataset->info().schema.features()[1], (Feature{"colour", {"red", "blue"}}));
  EXPECT_EQ(dataset->info().schema.features()[2], (Feature{"rotation", {"180"}}));
  EXPECT_EQ(dataset->size(), 40);
  EXPECT_EQ(dataset->pixels(1)[3 * 63 + 2], 1);  // blue, bottom right
}

TEST_F(DigitsImportTest, TooFewPicturesSaysHowManyThereAre) {
  digits().set_examples_per_digit(4);
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("3 pictures of the digit 0")));
  EXPECT_THAT(Import(), IsBadField("digits.examples_per_digit", "TOO_FEW_EXAMPLES"));
  digits().set_examples_per_digit(1);
  digits().set_skip_per_digit(2147483647);
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("need 2147483648")));
  digits().clear_examples_per_digit();  // 100
  digits().clear_skip_per_digit();
  EXPECT_THAT(Import(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("100 to take")));
}

TEST_F(DigitsImportTest, CancellationLeavesNothing) {
  const std::atomic<bool> cancelled = true;
  options_.cancelled = &cancelled;
  EXPECT_TRUE(absl::IsCancelled(Import().status()));
  EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
}

TEST_F(DigitsImportTest, TakenTargetIsAnError) {
  dir_.Write("target/file", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(Import().status()));
}

TEST_F(DigitsImportTest, FullDiskIsSaidAndLeavesNothing) {
  FaultyFileSystem disk(FileSystem::Posix());
  for (int n = 5; n < 14; ++n) {
    disk.FailAt(n, FaultyFileSystem::DiskFull());
    EXPECT_THAT(ImportImages(disk, options_), HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL")) << n;
    EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("source"));
  }
}

TEST_F(DigitsImportTest, SameSourceSameFingerprint) {
  const auto first = Import();
  options_.target = dir_ / "again";
  EXPECT_EQ(first->info.fingerprint, Import()->info.fingerprint);
  EXPECT_THAT(first->dropped, IsEmpty());
}

}  // namespace
}  // namespace facet::model
