// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/upload_folder.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kChunk = 1 << 20;

class UploadFolderTest : public testing::Test {
 protected:
  void Begin(uint64_t max_bytes = 4 * kChunk) {
    auto folder = UploadFolder::Create(&disk_, dir_.path(), max_bytes);
    ASSERT_THAT(folder, IsOk());
    folder_ = *std::move(folder);
  }
  absl::Status Add(const std::string& path, const std::string& data) {
    v1::FileChunk chunk;
    chunk.set_path(path);
    chunk.set_data(data);
    return folder_->Add(chunk);
  }
  std::string Read(const std::string& name) { return TempDir::Read(absl::StrCat(folder_->path(), "/", name)); }
  std::vector<std::string> Left() { return FileSystem::Posix()->List(dir_.path()).value(); }

  TempDir dir_;
  FaultyFileSystem disk_{FileSystem::Posix()};
  std::unique_ptr<UploadFolder> folder_;
};

TEST_F(UploadFolderTest, JoinsTheChunksOfEachFile) {
  Begin();
  ASSERT_THAT(Add("a.txt", "one "), IsOk());
  ASSERT_THAT(Add("a.txt", "two"), IsOk());
  ASSERT_THAT(Add("sub/deep/b.txt", "three"), IsOk());
  ASSERT_THAT(Add("sub/empty", ""), IsOk());
  ASSERT_THAT(folder_->Finish(), IsOk());
  EXPECT_EQ(Read("a.txt"), "one two");
  EXPECT_EQ(Read("sub/deep/b.txt"), "three");
  EXPECT_TRUE(std::filesystem::exists(absl::StrCat(folder_->path(), "/sub/empty")));
}

TEST_F(UploadFolderTest, GoesWithItsOwner) {
  Begin();
  ASSERT_THAT(Add("a.txt", "x"), IsOk());
  folder_.reset();
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(UploadFolderTest, TwoUploadsAtOnceAreApart) {
  Begin();
  const auto first = std::move(folder_);
  Begin();
  EXPECT_NE(first->path(), folder_->path());
}

TEST_F(UploadFolderTest, PathsThatEscapeOrMeanNothingAreRefused) {
  Begin();
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string(".."), std::string("../x"), std::string("a/../b"),
        std::string("a/.."), std::string("."), std::string("a/./b"), std::string("a//b"), std::string("a/"),
        std::string("a\\b"), std::string("..\\x"), std::string("a\0b", 3), std::string(256, 'x')}) {
    EXPECT_THAT(Add(path, "x"), IsBadField("chunk.path", "BAD_UPLOAD")) << path;
  }
  EXPECT_THAT(FileSystem::Posix()->List(folder_->path()).value(), IsEmpty());
  EXPECT_THAT(Left().size(), 1u);
}

TEST_F(UploadFolderTest, TakesOddButHarmlessNames) {
  Begin();
  for (const char* path : {"...", "..a", "a..", " ", "größe.png", ".hidden", "a b/c d", "-rf"}) {
    EXPECT_THAT(Add(path, "x"), IsOk()) << path;
  }
}

TEST_F(UploadFolderTest, AFileCannotComeTwice) {
  Begin();
  ASSERT_THAT(Add("a", "1"), IsOk());
  ASSERT_THAT(Add("b", "2"), IsOk());
  EXPECT_THAT(Add("a", "3"), IsBadField("chunk.path", "BAD_UPLOAD"));
}

TEST_F(UploadFolderTest, APathCannotBeFileAndFolder) {
  Begin();
  ASSERT_THAT(Add("a", "1"), IsOk());
  EXPECT_THAT(Add("a/b", "2"), IsBadField("chunk.path", "BAD_UPLOAD"));
  EXPECT_THAT(Add("a/b/c", "2"), IsBadField("chunk.path", "BAD_UPLOAD"));
  ASSERT_THAT(Add("c/d/e", "3"), IsOk());
  EXPECT_THAT(Add("c/d", "4"), IsBadField("chunk.path", "BAD_UPLOAD"));
  EXPECT_THAT(Add("c", "4"), IsBadField("chunk.path", "BAD_UPLOAD"));
}

TEST_F(UploadFolderTest, ChunksAreAtMostOneMebibyte) {
  Begin();
  EXPECT_THAT(Add("a", std::string(kChunk, 'x')), IsOk());
  EXPECT_THAT(Add("b", std::string(kChunk + 1, 'x')), IsBadField("chunk.data", "BAD_UPLOAD"));
}

TEST_F(UploadFolderTest, TheLimitIsOnAllFilesTogether) {
  Begin(10);
  ASSERT_THAT(Add("a", "12345"), IsOk());
  ASSERT_THAT(Add("b", "12345"), IsOk());
  ASSERT_THAT(Add("c", ""), IsOk());
  EXPECT_THAT(Add("c", "1"), HasReason(absl::StatusCode::kResourceExhausted, "UPLOAD_TOO_LARGE"));
  EXPECT_EQ(Read("c"), "") << "nothing over the limit reaches the disk";
}

TEST_F(UploadFolderTest, NothingUploadedIsAnError) {
  Begin();
  EXPECT_THAT(folder_->Finish(), IsBadField("chunk", "BAD_UPLOAD"));
}

TEST_F(UploadFolderTest, AFullDiskIsTold) {
  Begin();
  disk_.FailAt(1, FaultyFileSystem::DiskFull());
  EXPECT_THAT(Add("a", "x"), HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
  disk_.FailAt(0, {});
  ASSERT_THAT(Add("b", "x"), IsOk());
  disk_.FailAt(1, FaultyFileSystem::DiskFull());
  EXPECT_THAT(folder_->Finish(), HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
  folder_.reset();
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(UploadFolderTest, WithoutItsFolderThereIsNone) {
  disk_.FailAt(1, FaultyFileSystem::DiskFull());
  EXPECT_THAT(UploadFolder::Create(&disk_, dir_.path(), 1),
              HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
}

}  // namespace
}  // namespace facet::server
