// SPDX-License-Identifier: Apache-2.0
#include "model/data/digits_source.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/idx_builder.h"

namespace facet::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

auto Refused(const std::string& file, const std::string& says) {
  return IsError(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(file), HasSubstr(says)));
}

class DigitsSourceTest : public testing::Test {
 protected:
  // `count` pictures of side 8, filled with `first`, `first` + 1, …
  static std::string Images(uint32_t count, char first, uint32_t height = 8, uint32_t width = 8) {
    std::string values;
    for (uint32_t i = 0; i < count; ++i) values += std::string(height * width, static_cast<char>(first + i));
    return MakeIdx({count, height, width}, values);
  }
  static std::string Labels(absl::string_view digits) {
    return MakeIdx({static_cast<uint32_t>(digits.size())}, digits);
  }
  auto Read() { return ReadDigitsSource(*FileSystem::Posix(), dir_.path()); }

  TempDir dir_;
};

TEST_F(DigitsSourceTest, ReadsOnePair) {
  dir_.Write("train-images-idx3-ubyte", Images(2, 'a'));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x03\x09"));
  const auto source = Read();
  ASSERT_THAT(source, IsOk());
  EXPECT_EQ(source->side, 8);
  EXPECT_THAT(source->digits, ElementsAre(3, 9));
  EXPECT_EQ(source->picture(1)[0], 'b');
}

TEST_F(DigitsSourceTest, ReadsBothPairsTrainingFirst) {
  dir_.Write("train-images-idx3-ubyte.gz", Gzip(Images(2, 'a')));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01\x02"));
  dir_.Write("t10k-images.idx3-ubyte", Images(1, 'x'));
  dir_.Write("t10k-labels.idx1-ubyte.gz", Gzip(Labels("\x07")));
  const auto source = Read();
  ASSERT_THAT(source, IsOk());
  EXPECT_THAT(source->digits, ElementsAre(1, 2, 7));
  EXPECT_EQ(source->picture(2)[63], 'x');
}

TEST_F(DigitsSourceTest, ReadsTheTestPairAlone) {
  dir_.Write("t10k-images-idx3-ubyte", Images(1, 'a'));
  dir_.Write("t10k-labels-idx1-ubyte", Labels("\x05"));
  EXPECT_THAT(Read().value().digits, ElementsAre(5));
}

TEST_F(DigitsSourceTest, LinksMayNotLeadOut) {
  const TempDir elsewhere;
  elsewhere.Write("images", Images(1, 'a'));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x05"));
  std::filesystem::create_symlink(elsewhere / "images", dir_ / "train-images-idx3-ubyte");
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "a link that leads out of the source"));
  EXPECT_THAT(Read(), HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE"));
  std::filesystem::remove(dir_ / "train-images-idx3-ubyte");
  dir_.Write("files/images", Images(1, 'a'));
  std::filesystem::create_symlink("files/images", dir_ / "train-images-idx3-ubyte");
  EXPECT_THAT(Read().value().digits, ElementsAre(5));
}

TEST_F(DigitsSourceTest, NothingThereNamesWhatIsWanted) {
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "no such file"));
  EXPECT_THAT(Read(), HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE"));
}

TEST_F(DigitsSourceTest, HalfAPairIsAnError) {
  dir_.Write("train-images-idx3-ubyte", Images(1, 'a'));
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "its labels, train-labels-idx1-ubyte, are missing"));
  std::filesystem::remove(dir_ / "train-images-idx3-ubyte");
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01"));
  EXPECT_THAT(Read(), Refused("train-labels-idx1-ubyte", "its images"));
}

TEST_F(DigitsSourceTest, CountsMustAgree) {
  dir_.Write("train-images-idx3-ubyte", Images(2, 'a'));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01\x02\x03"));
  EXPECT_THAT(Read(), Refused("train-labels-idx1-ubyte", "3 labels for the 2 pictures of train-images-idx3-ubyte"));
}

TEST_F(DigitsSourceTest, LabelsAreDigits) {
  dir_.Write("train-images-idx3-ubyte", Images(2, 'a'));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01\x0A"));
  EXPECT_THAT(Read(), Refused("train-labels-idx1-ubyte", "label 10 of picture 1 is not a digit"));
}

TEST_F(DigitsSourceTest, PicturesAreSquaresOfUsableSize) {
  for (const auto& [height, width] : {std::pair{8u, 9u}, {7u, 7u}, {1025u, 1025u}}) {
    dir_.Write("train-images-idx3-ubyte", Images(1, 'a', height, width));
    dir_.Write("train-labels-idx1-ubyte", Labels("\x01"));
    EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "squares of 8 to 1024"));
  }
}

TEST_F(DigitsSourceTest, PairsHaveOneSize) {
  dir_.Write("train-images-idx3-ubyte", Images(1, 'a'));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01"));
  dir_.Write("t10k-images-idx3-ubyte", Images(1, 'a', 9, 9));
  dir_.Write("t10k-labels-idx1-ubyte", Labels("\x01"));
  EXPECT_THAT(Read(), Refused("t10k-images-idx3-ubyte", "side 9, but those before have 8"));
}

TEST_F(DigitsSourceTest, DamagedFilesAreNamed) {
  dir_.Write("train-images-idx3-ubyte.gz", Gzip(Images(2, 'a')).substr(0, 30));
  dir_.Write("train-labels-idx1-ubyte", Labels("\x01\x02"));
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte.gz", "cut off"));
  std::filesystem::remove(dir_ / "train-images-idx3-ubyte.gz");
  dir_.Write("train-images-idx3-ubyte", Labels("\x01\x02"));
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "magic number"));
  std::filesystem::remove(dir_ / "train-images-idx3-ubyte");
  dir_.Write("train-images-idx3-ubyte/file", "a folder in its place");
  EXPECT_THAT(Read(), Refused("train-images-idx3-ubyte", "cannot be read"));
}

}  // namespace
}  // namespace facet::model
