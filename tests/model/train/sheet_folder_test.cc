// SPDX-License-Identifier: Apache-2.0
#include "model/train/sheet_folder.h"

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// A picture that says of which step it is.
Image SheetOf(int step) {
  Image sheet;
  sheet.shape = {1, 2, 3};
  sheet.pixels.assign(6, static_cast<uint8_t>(step));
  return sheet;
}

class SheetFolderTest : public testing::Test {
 protected:
  void WriteUpTo(int last, int interval, const std::vector<int>& kept) {
    for (int step = interval; step <= last; step += interval) {
      ASSERT_TRUE(sheets_.Write(step, SheetOf(step)).ok());
      ASSERT_TRUE(sheets_.Thin(kept).ok());
    }
  }

  FileSystem& disk_ = *FileSystem::Posix();
  std::string folder_ = MakeTempDir() + "/samples";
  SheetFolder sheets_{&disk_, folder_};
};

TEST_F(SheetFolderTest, GivesBackWhatWasWritten) {
  EXPECT_THAT(*sheets_.Steps(), SizeIs(0)) << "there is no folder yet";
  WriteUpTo(3, 1, {});
  EXPECT_THAT(*sheets_.Steps(), ElementsAre(1, 2, 3));
  EXPECT_EQ(sheets_.Read(2)->pixels, SheetOf(2).pixels);
  EXPECT_EQ(sheets_.ReadPng(2)->substr(1, 3), "PNG");
  EXPECT_EQ(sheets_.Read(4).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SheetFolderTest, OtherFilesAreNoSheets) {
  WriteUpTo(1, 1, {});
  for (const char* name : {"7.png", "000000008.jpg", ".000000009.png.part", "first.png"}) {
    std::ofstream(absl::StrCat(folder_, "/", name)) << "x";
  }
  EXPECT_THAT(*sheets_.Steps(), ElementsAre(1));
}

TEST_F(SheetFolderTest, ADamagedSheetIsToldOf) {
  WriteUpTo(1, 1, {});
  std::ofstream(folder_ + "/000000001.png") << "no picture";
  EXPECT_EQ(GetErrorDetail(sheets_.Read(1).status()).reason, "BAD_IMAGE");
}

// However long the run, what is left covers all of it.
TEST_F(SheetFolderTest, ThinnedSheetsAreSpreadOverTheRun) {
  for (const int last : {21, 60, 200}) {
    folder_ = MakeTempDir() + "/samples";
    sheets_ = SheetFolder(&disk_, folder_);
    WriteUpTo(last, 1, {});
    const std::vector<int> steps = *sheets_.Steps();
    ASSERT_THAT(steps, SizeIs(kSheetsKept)) << last;
    EXPECT_EQ(steps.front(), 1);
    EXPECT_EQ(steps.back(), last);
    // Evenly but for what halving leaves.
    const int even = (last + kSheetsKept - 1) / kSheetsKept;
    for (size_t i = 1; i < steps.size(); ++i) EXPECT_LE(steps[i] - steps[i - 1], 2 * even) << last << ": " << steps[i];
  }
}

TEST_F(SheetFolderTest, ThoseOfTheCheckpointsKeptStay) {
  std::vector<int> kept;
  for (int step = 50; step < 50 + 2 * kSheetsKept; ++step) kept.push_back(step);
  WriteUpTo(100, 1, kept);
  const std::vector<int> steps = *sheets_.Steps();
  for (const int step : kept) EXPECT_THAT(steps, Contains(step));
  EXPECT_THAT(steps, SizeIs(kept.size() + 2)) << "and the first and the newest";
}

}  // namespace
}  // namespace facet::model
