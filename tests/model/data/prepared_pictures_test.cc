// SPDX-License-Identifier: Apache-2.0
#include "model/data/prepared_pictures.h"

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

using Pixels = PreparedPictures::Pixels;
using testing::ElementsAre;
using testing::IsEmpty;

// "Prepares" a file by taking its first four bytes.
class PreparedPicturesTest : public testing::Test {
 protected:
  PreparedPicturesTest() {
    options_.folder = dir_ / "kept";
    options_.depends_on = "side 2";
    options_.picture_bytes = 4;
    Open();
  }

  void Open() { pictures_ = PreparedPictures::Open(&disk_, options_); }
  absl::StatusOr<Pixels> Get(const std::string& file) {
    return pictures_->Get(file, [this](const std::string& bytes) -> absl::StatusOr<Pixels> {
      prepared_.push_back(bytes);
      if (bytes == "broken") return absl::InternalError("broken");
      if (bytes.size() < 4) return absl::InvalidArgumentError("no face");
      return Pixels(bytes.begin(), bytes.begin() + 4);
    });
  }
  // The pixels, as the text they are made of.
  std::string TextOf(const std::string& file) {
    const auto pixels = Get(file);
    return pixels.ok() ? std::string(pixels->begin(), pixels->end()) : std::string(pixels.status().message());
  }
  // The files that were prepared, not remembered, since the last call.
  std::vector<std::string> Prepared() { return std::exchange(prepared_, {}); }

  std::string KeyFolder() {
    const auto keys = FileSystem::Posix()->List(options_.folder).value();
    EXPECT_EQ(keys.size(), 1u);
    return absl::StrCat(options_.folder, "/", keys.at(0));
  }
  // The paths of what is kept.
  std::vector<std::string> Files() {
    std::vector<std::string> paths;
    const std::string folder = KeyFolder();
    const std::vector<std::string> names = FileSystem::Posix()->List(folder).value();
    for (const std::string& name : names) {
      paths.push_back(absl::StrCat(folder, "/", name));
    }
    return paths;
  }
  static void Overwrite(const std::string& path, const std::string& contents) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
  }

  TempDir dir_;
  FaultyFileSystem disk_{FileSystem::Posix()};
  PreparedPictures::Options options_;
  std::unique_ptr<PreparedPictures> pictures_;
  std::vector<std::string> prepared_;
};

TEST_F(PreparedPicturesTest, WhatWasPreparedIsRemembered) {
  EXPECT_EQ(TextOf("anna's"), "anna");
  EXPECT_EQ(TextOf("ben's..."), "ben'");
  EXPECT_THAT(Prepared(), ElementsAre("anna's", "ben's..."));
  Open();
  EXPECT_EQ(TextOf("ben's..."), "ben'");
  EXPECT_EQ(TextOf("anna's"), "anna");
  EXPECT_THAT(Get("anna'S"), IsOk());
  EXPECT_THAT(Prepared(), ElementsAre("anna'S"));
}

TEST_F(PreparedPicturesTest, ADroppedPictureIsRememberedWithItsReason) {
  EXPECT_THAT(Get("x"), IsError(absl::StatusCode::kInvalidArgument, "no face"));
  Open();
  EXPECT_THAT(Get("x"), IsError(absl::StatusCode::kInvalidArgument, "no face"));
  EXPECT_THAT(Prepared(), ElementsAre("x"));
}

TEST_F(PreparedPicturesTest, OtherErrorsAreNotRemembered) {
  EXPECT_THAT(Get("broken"), IsError(absl::StatusCode::kInternal, "broken"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(PreparedPicturesTest, WhatDependsOnSomethingElseIsRemoved) {
  EXPECT_THAT(Get("anna's"), IsOk());
  const std::string old = KeyFolder();
  options_.depends_on = "side 2, margin";
  Open();
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_THAT(Prepared(), ElementsAre("anna's", "anna's"));
  EXPECT_NE(KeyFolder(), old);
}

TEST_F(PreparedPicturesTest, ATornFileCostsItselfAlone) {
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_THAT(Get("ben's"), IsOk());
  EXPECT_EQ(Prepared().size(), 2u);
  const std::string path = Files().front();
  const std::string whole = TempDir::Read(path);
  ASSERT_EQ(whole.size(), 65u + 1 + 4);
  for (size_t length = 0; length < whole.size(); ++length) {
    Overwrite(path, whole.substr(0, length));
    Open();
    EXPECT_EQ(TextOf("anna's"), "anna");
    EXPECT_EQ(TextOf("ben's"), "ben'");
    EXPECT_EQ(Prepared().size(), 1u) << length;
    EXPECT_EQ(TempDir::Read(path), whole) << "kept again, at length " << length;
  }
}

TEST_F(PreparedPicturesTest, AFlippedBitCostsItselfAlone) {
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_THAT(Get("ben's"), IsOk());
  EXPECT_EQ(Prepared().size(), 2u);
  const std::string path = Files().back();
  const std::string whole = TempDir::Read(path);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    Overwrite(path, flipped);
    EXPECT_EQ(TextOf("anna's"), "anna");
    EXPECT_EQ(TextOf("ben's"), "ben'");
    EXPECT_EQ(Prepared().size(), 1u) << bit;
  }
}

TEST_F(PreparedPicturesTest, AFileUnderAnothersNameIsNotTaken) {
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_THAT(Get("ben's"), IsOk());
  const std::vector<std::string> files = Files();
  Overwrite(files[0], TempDir::Read(files[1]));
  EXPECT_EQ(TextOf("anna's"), "anna");
  EXPECT_EQ(TextOf("ben's"), "ben'");
}

TEST_F(PreparedPicturesTest, WhereverTheDiskIsFullPicturesArePrepared) {
  for (int call = 1; call < 20; ++call) {
    FileSystem::Posix()->RemoveAll(options_.folder).IgnoreError();
    disk_.FailAt(call, FaultyFileSystem::DiskFull());
    Open();
    for (const char* file : {"anna's", "ben's", "carla's"}) EXPECT_THAT(Get(file), IsOk()) << call;
    EXPECT_THAT(Get("x"), IsError(absl::StatusCode::kInvalidArgument, "no face"));
    EXPECT_THAT(Prepared(), ElementsAre("anna's", "ben's", "carla's", "x"));
  }
}

TEST_F(PreparedPicturesTest, NothingMoreIsWrittenToAFullDisk) {
  EXPECT_THAT(Get("anna's"), IsOk());
  disk_.FailAt(3, FaultyFileSystem::DiskFull(), /*for_good=*/false);  // read, create, append
  EXPECT_THAT(Get("ben's"), IsOk());
  EXPECT_THAT(Get("carla's"), IsOk());
  EXPECT_EQ(Files().size(), 1u) << "and no half of a file is left";
}

TEST_F(PreparedPicturesTest, WhatFindsNoPlaceIsNotKept) {
  options_.max_bytes = 2 * (4096 + 65 + 1 + 4);
  Open();
  for (const char* file : {"anna's", "ben's", "carla's"}) EXPECT_THAT(Get(file), IsOk());
  EXPECT_EQ(Files().size(), 2u);
  Open();
  EXPECT_THAT(Get("dora's"), IsOk());
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(PreparedPicturesTest, TheDataSetGoesFirst) {
  EXPECT_THAT(Get("anna's"), IsOk());
  options_.needed_bytes = uint64_t{1} << 62;
  Open();
  EXPECT_FALSE(FileSystem::Posix()->Exists(options_.folder));
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_FALSE(FileSystem::Posix()->Exists(options_.folder));
}

TEST_F(PreparedPicturesTest, WithoutAFolderNothingIsKept) {
  options_.folder = "";
  Open();
  disk_.FailAt(0, {});
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_THAT(Get("anna's"), IsOk());
  EXPECT_EQ(Prepared().size(), 2u);
  EXPECT_EQ(disk_.calls(), 0);
}

}  // namespace
}  // namespace facet::model
