// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_dir.h"

namespace facet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileSystem& Disk() { return *FileSystem::Posix(); }

TEST(FileSystemTest, ReadsWhatItWrote) {
  const TempDir dir;
  const std::string bytes("a\0b\n\xff", 5);
  auto file = Disk().Create(dir / "f");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(bytes).ok());
  ASSERT_TRUE((*file)->Append("").ok());
  ASSERT_TRUE((*file)->Append(std::string(1 << 20, 'x')).ok());
  ASSERT_TRUE((*file)->SyncAndClose().ok());
  EXPECT_EQ(Disk().ReadFile(dir / "f").value(), bytes + std::string(1 << 20, 'x'));
}

TEST(FileSystemTest, ReadingTakesNoMoreMemoryThanTheFile) {
  const TempDir dir;
  dir.Write("f", std::string(1 << 20, 'x'));
  EXPECT_LT(Disk().ReadFile(dir / "f").value().capacity(), (1 << 20) + 4096u);
}

TEST(FileSystemTest, CreateEmptiesTheFile) {
  const TempDir dir;
  dir.Write("f", "old");
  ASSERT_TRUE((*Disk().Create(dir / "f"))->SyncAndClose().ok());
  EXPECT_EQ(Disk().ReadFile(dir / "f").value(), "");
}

TEST(FileSystemTest, ReadsFilesThatSayTheyAreEmpty) {
  EXPECT_THAT(Disk().ReadFile("/proc/self/status").value(), HasSubstr("Name:"));
}

TEST(FileSystemTest, MissingFileIsNotFoundWithItsPath) {
  const TempDir dir;
  for (const std::string& path : {dir / "missing", dir.Write("file", "x") + "/below"}) {
    const absl::Status status = Disk().ReadFile(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(GetErrorDetail(status).reason, "FILE_NOT_FOUND");
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
  EXPECT_TRUE(absl::IsNotFound(Disk().Create(dir / "no/such/folder").status()));
  EXPECT_TRUE(absl::IsNotFound(Disk().List(dir / "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(Disk().Size(dir / "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(Disk().Rename(dir / "missing", dir / "to")));
  EXPECT_TRUE(absl::IsNotFound(Disk().SyncDir(dir / "missing")));
  EXPECT_TRUE(absl::IsNotFound(Disk().FreeBytes(dir / "missing").status()));
}

TEST(FileSystemTest, FolderCannotBeRead) {
  const TempDir dir;
  EXPECT_EQ(Disk().ReadFile(dir.path()).status().code(), absl::StatusCode::kInternal);
}

TEST(FileSystemTest, FullDiskIsResourceExhausted) {
  auto file = Disk().Create("/dev/full");
  if (!file.ok()) GTEST_SKIP() << "no /dev/full here";
  const absl::Status status = (*file)->Append("x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "DISK_FULL");
}

TEST(FileSystemTest, MakesFoldersWithParentsTwice) {
  const TempDir dir;
  EXPECT_TRUE(Disk().CreateDirs(dir / "a/b/c").ok());
  EXPECT_TRUE(Disk().CreateDirs(dir / "a/b/c").ok());
  EXPECT_TRUE(Disk().Exists(dir / "a/b/c"));
  EXPECT_FALSE(Disk().CreateDirs(dir.Write("file", "") + "/d").ok());
}

TEST(FileSystemTest, RemovesTreesAndDoesNotMindMissingOnes) {
  const TempDir dir;
  dir.Write("a/b/f", "x");
  EXPECT_TRUE(Disk().RemoveAll(dir / "a").ok());
  EXPECT_FALSE(Disk().Exists(dir / "a"));
  EXPECT_TRUE(Disk().RemoveAll(dir / "a").ok());
}

TEST(FileSystemTest, RemovesLinksAndNotWhatTheyPointAt) {
  const TempDir dir;
  dir.Write("kept/f", "x");
  std::filesystem::create_directories(dir / "gone");
  std::filesystem::create_directory_symlink(dir / "kept", dir / "gone/link");
  EXPECT_TRUE(Disk().RemoveAll(dir / "gone").ok());
  EXPECT_TRUE(Disk().Exists(dir / "kept/f"));
}

TEST(FileSystemTest, ListsNamesSorted) {
  const TempDir dir;
  dir.Write("b", "");
  dir.Write("a", "");
  dir.Write("c/d", "");
  EXPECT_THAT(Disk().List(dir.path()).value(), ElementsAre("a", "b", "c"));
}

TEST(FileSystemTest, SizeSumsFolders) {
  const TempDir dir;
  dir.Write("a", "12345");
  dir.Write("b/c", "678");
  EXPECT_EQ(Disk().Size(dir / "a").value(), 5u);
  EXPECT_EQ(Disk().Size(dir.path()).value(), 8u);
}

TEST(FileSystemTest, RenameReplacesFiles) {
  const TempDir dir;
  dir.Write("from", "new");
  dir.Write("to", "old");
  EXPECT_TRUE(Disk().Rename(dir / "from", dir / "to").ok());
  EXPECT_EQ(TempDir::Read(dir / "to"), "new");
  EXPECT_FALSE(Disk().Exists(dir / "from"));
}

TEST(FileSystemTest, FreeBytesAreSome) { EXPECT_GT(Disk().FreeBytes(TempDir().path() + "/..").value(), 0u); }

TEST(WriteFileAtomicallyTest, WritesAndReplaces) {
  const TempDir dir;
  EXPECT_TRUE(Disk().WriteFileAtomically(dir / "f", "old").ok());
  EXPECT_TRUE(Disk().WriteFileAtomically(dir / "f", "new").ok());
  EXPECT_EQ(TempDir::Read(dir / "f"), "new");
  EXPECT_THAT(Disk().List(dir.path()).value(), ElementsAre("f"));
}

TEST(WriteFileAtomicallyTest, FailureAtAnyCallLeavesOldContentsOrNew) {
  const TempDir dir;
  FaultyFileSystem disk(FileSystem::Posix());
  ASSERT_TRUE(disk.WriteFileAtomically(dir / "f", "a").ok());
  const int calls = disk.calls();
  ASSERT_EQ(calls, 5);  // create, append, sync, rename, sync of the folder
  for (int n = 1; n <= calls; ++n) {
    dir.Write("f", "old");
    disk.FailAt(n, FaultyFileSystem::DiskFull());
    EXPECT_TRUE(absl::IsResourceExhausted(disk.WriteFileAtomically(dir / "f", "new")));
    EXPECT_EQ(TempDir::Read(dir / "f"), n < calls ? "old" : "new") << n;
    EXPECT_THAT(Disk().List(dir.path()).value(), ElementsAre("f")) << n;
  }
}

}  // namespace
}  // namespace facet
