// SPDX-License-Identifier: Apache-2.0
#include "client/src/upload.h"

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::client {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t kChunk = 1 << 20;

std::vector<std::string> Relatives(const UploadFiles& files) {
  std::vector<std::string> names;
  for (const auto& file : files.files) names.push_back(file.relative);
  return names;
}

TEST(FindUploadFilesTest, ListsFilesOfAllFoldersInOrder) {
  TempDir dir;
  dir.Write("b.txt", "12");
  dir.Write("a/z.txt", "345");
  dir.Write("a/b/c.txt", "");
  fs::create_directories(dir / "empty");
  const auto files = FindUploadFiles(dir.path());
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT(Relatives(*files), ElementsAre("a/b/c.txt", "a/z.txt", "b.txt"));
  EXPECT_EQ(files->total_bytes, 5u);
  EXPECT_THAT(Relatives(*FindUploadFiles(dir.path() + "/")), ElementsAre("a/b/c.txt", "a/z.txt", "b.txt"));
}

TEST(FindUploadFilesTest, WhatIsNoFileIsLeftOut) {
  TempDir dir;
  dir.Write("a", "1");
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  fs::create_symlink(dir / "nowhere", dir / "dangling");
  EXPECT_THAT(Relatives(*FindUploadFiles(dir.path())), ElementsAre("a"));
}

TEST(FindUploadFilesTest, LinksAreFollowedAndGoByTheirNameInTheFolder) {
  TempDir elsewhere;
  elsewhere.Write("original.png", "12");
  elsewhere.Write("more/deep.png", "345");
  TempDir dir;
  dir.Write("own/a.png", "1");
  fs::create_symlink(elsewhere / "original.png", dir / "linked.png");
  fs::create_directory_symlink(elsewhere / "more", dir / "pictures");
  // Beside another, not around: no way back.
  fs::create_directory_symlink(dir / "own", dir / "same");
  const auto files = FindUploadFiles(dir.path());
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT(Relatives(*files), ElementsAre("linked.png", "own/a.png", "pictures/deep.png", "same/a.png"));
  EXPECT_EQ(files->total_bytes, 7u);
}

TEST(FindUploadFilesTest, ALinkToAFolderAroundItIsNamed) {
  for (const char* target : {".", "..", "/"}) {
    TempDir dir;
    dir.Write("a/b.txt", "1");
    fs::create_directory_symlink(target, dir / "a/back");
    EXPECT_THAT(FindUploadFiles(dir.path()), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("/a/back'")))
        << target;
  }
}

TEST(FindUploadFilesTest, TwoLinksThatLeadToEachOtherAreNamed) {
  TempDir dir;
  fs::create_directories(dir / "a");
  fs::create_directories(dir / "b");
  fs::create_directory_symlink("../b", dir / "a/to_b");
  fs::create_directory_symlink("../a", dir / "b/to_a");
  EXPECT_THAT(FindUploadFiles(dir.path()), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("/to_")));
}

TEST(FindUploadFilesTest, NoFolderAndEmptyFolderAreErrors) {
  TempDir dir;
  EXPECT_THAT(FindUploadFiles(dir / "nowhere"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  EXPECT_THAT(FindUploadFiles(dir.Write("file", "x")), IsError(absl::StatusCode::kNotFound, HasSubstr("file")));
  fs::create_directories(dir / "empty");
  EXPECT_THAT(FindUploadFiles(dir / "empty"), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

class ForEachChunkTest : public testing::Test {
 protected:
  // Path and size of each chunk.
  std::vector<std::pair<std::string, size_t>> Chunks(size_t stop_after = 1000) {
    std::vector<std::pair<std::string, size_t>> chunks;
    EXPECT_THAT(ForEachChunk(FindUploadFiles(dir_.path()).value(),
                             [&](const v1::FileChunk& chunk) {
                               chunks.emplace_back(chunk.path(), chunk.data().size());
                               joined_[chunk.path()] += chunk.data();
                               return chunks.size() < stop_after;
                             }),
                IsOk());
    return chunks;
  }

  TempDir dir_;
  std::map<std::string, std::string> joined_;
};

TEST_F(ForEachChunkTest, CutsFilesAtOneMebibyte) {
  std::string bytes(2 * kChunk + 3, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  dir_.Write("large", bytes);
  dir_.Write("exact", std::string(kChunk, 'x'));
  EXPECT_THAT(Chunks(), ElementsAre(std::pair("exact", kChunk), std::pair("large", kChunk), std::pair("large", kChunk),
                                    std::pair("large", size_t{3})));
  EXPECT_TRUE(joined_["large"] == bytes);
}

TEST_F(ForEachChunkTest, AnEmptyFileIsOneEmptyChunk) {
  dir_.Write("empty", "");
  EXPECT_THAT(Chunks(), ElementsAre(std::pair("empty", size_t{0})));
}

TEST_F(ForEachChunkTest, StopsWhenTold) {
  dir_.Write("a", "1");
  dir_.Write("b", "2");
  EXPECT_EQ(Chunks(1).size(), 1u);
}

TEST_F(ForEachChunkTest, AFileThatHasGoneIsDataLoss) {
  dir_.Write("a", "1");
  const UploadFiles files = FindUploadFiles(dir_.path()).value();
  fs::remove(dir_ / "a");
  EXPECT_THAT(ForEachChunk(files, [](const v1::FileChunk&) { return true; }),
              IsError(absl::StatusCode::kDataLoss, HasSubstr("/a'")));
}

}  // namespace
}  // namespace facet::client
