// SPDX-License-Identifier: Apache-2.0
#include "base/sealed_folder.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/crashing_file_system.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_dir.h"

namespace facet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FileSystem& Disk() { return *FileSystem::Posix(); }

// Two files, the second in pieces.
absl::Status WriteFolder(FileSystem& disk, const std::string& path) {
  ASSIGN_OR_RETURN(const auto writer, SealedFolderWriter::Create(&disk, path));
  RETURN_IF_ERROR(writer->Add("a.json", "{}\n"));
  RETURN_IF_ERROR(writer->Begin("b.bin"));
  RETURN_IF_ERROR(writer->Append("first"));
  RETURN_IF_ERROR(writer->Append("second"));
  RETURN_IF_ERROR(writer->End());
  return writer->Commit();
}

class SealedFolderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(WriteFolder(Disk(), folder_).ok()); }

  std::string ReadIn(const std::string& name) { return TempDir::Read(folder_ + "/" + name); }
  void WriteIn(const std::string& name, absl::string_view contents) { dir_.Write("folder/" + name, contents); }
  // DATA_LOSS with the reason, from every way in that must see the damage.
  void ExpectDamaged(const std::string& what) {
    const absl::Status status = VerifySealedFolder(Disk(), folder_);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what << ": " << status;
    EXPECT_EQ(GetErrorDetail(status).reason, "CHECKSUM_MISMATCH") << what;
  }

  TempDir dir_;
  const std::string folder_ = dir_ / "folder";
};

TEST_F(SealedFolderTest, HoldsFilesAndChecksums) {
  EXPECT_THAT(Disk().List(folder_).value(), ElementsAre("SHA256SUMS", "a.json", "b.bin"));
  EXPECT_EQ(ReadIn("SHA256SUMS"), absl::StrCat(Sha256Hex("{}\n"), "  a.json\n", Sha256Hex("firstsecond"), "  b.bin\n"));
  EXPECT_TRUE(VerifySealedFolder(Disk(), folder_).ok());
  EXPECT_EQ(ReadSealedFile(Disk(), folder_, "b.bin").value(), "firstsecond");
  EXPECT_EQ(ReadSeal(Disk(), folder_).value().size(), 2u);
}

TEST_F(SealedFolderTest, IsCheckedBySha256sum) {
  const std::string command = absl::StrCat("cd '", folder_, "' && sha256sum -c --status SHA256SUMS");
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(SealedFolderTest, LeavesNothingBesideIt) {
  EXPECT_THAT(Disk().List(dir_.path()).value(), ElementsAre("folder"));
}

TEST_F(SealedFolderTest, EveryPrefixOfEveryFileIsDamage) {
  for (const std::string name : {"a.json", "b.bin", "SHA256SUMS"}) {
    const std::string whole = ReadIn(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      // A list of checksums without its last line break says the same; one cut
      // off between two lines knows fewer files, which their readers notice.
      const bool same_lines = name == "SHA256SUMS" && (length + 1 == whole.size() || length == 0 ||
                                                       whole[length] == '\n' || whole[length - 1] == '\n');
      if (same_lines) continue;
      WriteIn(name, whole.substr(0, length));
      ExpectDamaged(absl::StrCat(name, " cut to ", length));
    }
    WriteIn(name, whole);
  }
}

TEST_F(SealedFolderTest, CutListOfChecksumsIsNoticedByTheReaderOfAFile) {
  const std::string whole = ReadIn("SHA256SUMS");
  for (const size_t length : {size_t{0}, whole.find('\n') + 1}) {
    WriteIn("SHA256SUMS", whole.substr(0, length));
    const auto read = ReadSealedFile(Disk(), folder_, "b.bin");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("not listed"));
  }
}

TEST_F(SealedFolderTest, EveryFlippedBitOfEveryFileIsDamage) {
  for (const std::string name : {"a.json", "b.bin", "SHA256SUMS"}) {
    const std::string whole = ReadIn(name);
    for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      WriteIn(name, flipped);
      ExpectDamaged(absl::StrCat(name, " bit ", bit));
    }
    WriteIn(name, whole);
  }
}

TEST_F(SealedFolderTest, DamageNamesTheFileAndBothChecksums) {
  WriteIn("b.bin", "other");
  const std::string message(VerifySealedFolder(Disk(), folder_).message());
  EXPECT_THAT(message, HasSubstr(folder_ + "/b.bin"));
  EXPECT_THAT(message, HasSubstr(Sha256Hex("other")));
  EXPECT_THAT(message, HasSubstr(Sha256Hex("firstsecond")));
}

TEST_F(SealedFolderTest, MissingFileIsDamage) {
  std::filesystem::remove(folder_ + "/b.bin");
  ExpectDamaged("b.bin missing");
  EXPECT_EQ(ReadSealedFile(Disk(), folder_, "b.bin").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(ReadSealedFile(Disk(), folder_, "a.json").ok());
}

TEST_F(SealedFolderTest, MissingChecksumsAreDamage) {
  std::filesystem::remove(folder_ + "/SHA256SUMS");
  ExpectDamaged("SHA256SUMS missing");
}

TEST_F(SealedFolderTest, ChecksumsThatPointOutOfTheFolderAreDamage) {
  WriteIn("SHA256SUMS", absl::StrCat(Sha256Hex("x"), "  ../x\n"));
  ExpectDamaged("path in SHA256SUMS");
}

TEST_F(SealedFolderTest, MissingFolderIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(VerifySealedFolder(Disk(), dir_ / "missing")));
  EXPECT_TRUE(absl::IsNotFound(ReadSeal(Disk(), dir_ / "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadSealedFile(Disk(), dir_ / "missing", "a").status()));
}

TEST_F(SealedFolderTest, IsWrittenOnce) {
  EXPECT_EQ(SealedFolderWriter::Create(&Disk(), folder_).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST(SealedFolderWriterTest, WithoutCommitNothingIsLeft) {
  const TempDir dir;
  {
    auto writer = SealedFolderWriter::Create(&Disk(), dir / "folder").value();
    ASSERT_TRUE(writer->Add("a", "x").ok());
    ASSERT_TRUE(writer->Begin("b").ok());
    ASSERT_TRUE(writer->Append("half").ok());
  }
  EXPECT_THAT(Disk().List(dir.path()).value(), IsEmpty());
}

TEST(SealedFolderWriterTest, LateComerDoesNotReplaceTheFirst) {
  const TempDir dir;
  auto first = SealedFolderWriter::Create(&Disk(), dir / "folder").value();
  auto second = SealedFolderWriter::Create(&Disk(), dir / "folder").value();
  ASSERT_TRUE(first->Add("a", "first").ok());
  ASSERT_TRUE(second->Add("a", "second").ok());
  ASSERT_TRUE(first->Commit().ok());
  EXPECT_FALSE(second->Commit().ok());
  second.reset();
  EXPECT_EQ(ReadSealedFile(Disk(), dir / "folder", "a").value(), "first");
  EXPECT_THAT(Disk().List(dir.path()).value(), ElementsAre("folder"));
}

// The power may fail as soon as it is said to be there.
TEST(SealedFolderWriterTest, WhatIsCommittedOutlivesAPowerCutWithAllFoldersMadeForIt) {
  CrashingFileSystem disk;
  ASSERT_TRUE(WriteFolder(disk, "/state/jobs/a/folder").ok());
  disk.Reboot(CrashingFileSystem::Loss::kUnsynced);
  EXPECT_TRUE(VerifySealedFolder(disk, "/state/jobs/a/folder").ok());
}

// Whichever call fails and whether the disk recovers.
TEST(SealedFolderWriterTest, FailureAtAnyCallLeavesNothing) {
  FaultyFileSystem counting(FileSystem::Posix());
  const TempDir scratch;
  ASSERT_TRUE(WriteFolder(counting, scratch / "folder").ok());
  ASSERT_GT(counting.calls(), 10);
  for (const bool for_good : {true, false}) {
    for (int n = 1; n <= counting.calls(); ++n) {
      const TempDir dir;
      FaultyFileSystem disk(FileSystem::Posix());
      disk.FailAt(n, FaultyFileSystem::DiskFull(), for_good);
      const absl::Status status = WriteFolder(disk, dir / "folder");
      EXPECT_EQ(GetErrorDetail(status).reason, "DISK_FULL") << n;
      EXPECT_THAT(Disk().List(dir.path()).value(), IsEmpty()) << n;
    }
  }
}

// What cannot be read may be whole: the cause is passed on.
TEST_F(SealedFolderTest, FailureToReadIsNoDamage) {
  FaultyFileSystem disk(FileSystem::Posix());
  for (int n = 1; n <= 3; ++n) {
    disk.FailAt(n, FaultyFileSystem::IoError());
    const absl::Status status = VerifySealedFolder(disk, folder_);
    EXPECT_EQ(GetErrorDetail(status).reason, "FILE_ERROR") << n;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Input/output error")) << n;
  }
  disk.FailAt(2, FaultyFileSystem::IoError());
  EXPECT_EQ(GetErrorDetail(ReadSealedFile(disk, folder_, "b.bin").status()).reason, "FILE_ERROR");
}

TEST_F(SealedFolderTest, MissingChecksumsOfAFolderThatCannotBeLookedAtAreNoDamage) {
  std::filesystem::remove(folder_ + "/SHA256SUMS");
  FaultyFileSystem disk(FileSystem::Posix());
  disk.FailAt(2, FaultyFileSystem::IoError());
  EXPECT_EQ(GetErrorDetail(ReadSeal(disk, folder_).status()).reason, "FILE_ERROR");
}

TEST(RemoveUnsealedLeftoversTest, RemovesTemporaryFoldersOnly) {
  const TempDir dir;
  ASSERT_TRUE(WriteFolder(Disk(), dir / "kept").ok());
  dir.Write("1.tmp-0123abcd/images.bin", "half");
  dir.Write("other/file", "x");
  EXPECT_TRUE(RemoveUnsealedLeftovers(Disk(), dir.path()).ok());
  EXPECT_THAT(Disk().List(dir.path()).value(), ElementsAre("kept", "other"));
}

TEST(RemoveUnsealedLeftoversTest, DoesNotMindAMissingParent) {
  EXPECT_TRUE(RemoveUnsealedLeftovers(Disk(), "/no/such/folder").ok());
}

}  // namespace
}  // namespace facet
