// SPDX-License-Identifier: Apache-2.0
#include "model/data/source_file.h"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

using testing::HasSubstr;
using testing::Not;

FileSystem& Disk() { return *FileSystem::Posix(); }

TEST(SourceFileTest, ReadsUpToTheLimit) {
  const TempDir dir;
  dir.Write("f", "abc");
  EXPECT_EQ(ReadSourceFile(Disk(), dir.path(), "f", 3).value(), "abc");
  EXPECT_THAT(ReadSourceFile(Disk(), dir.path(), "f", 2),
              IsError(absl::StatusCode::kInvalidArgument, "f: too large: 3 bytes are over 2"));
}

TEST(SourceFileTest, WhatCannotBeReadIsNamedWithoutTheFolder) {
  const TempDir dir;
  dir.Write("folder/f", "x");
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  for (const char* file : {"missing", "folder", "pipe"}) {
    const auto read = ReadSourceFile(Disk(), dir.path(), file, 100);
    EXPECT_THAT(read, HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE"));
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(file));
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr(dir.path())));
  }
}

TEST(SourceFileTest, ALinkThatLeadsOutIsRefused) {
  const TempDir dir;
  dir.Write("secret", "x");
  dir.Write("source/f", "y");
  std::filesystem::create_symlink(dir / "secret", dir / "source/out");
  std::filesystem::create_symlink(dir / "source/f", dir / "source/within");
  std::filesystem::create_directory_symlink(dir / "source", dir / "elsewhere");
  EXPECT_THAT(ReadSourceFile(Disk(), dir / "source", "out", 9),
              IsError(absl::StatusCode::kInvalidArgument, "out: a link that leads out of the source"));
  EXPECT_EQ(ReadSourceFile(Disk(), dir / "source", "within", 9).value(), "y");
  EXPECT_EQ(ReadSourceFile(Disk(), dir / "elsewhere", "within", 9).value(), "y") << "the source itself may be a link";
}

TEST(SourceFileTest, MissingPermissionIsSaid) {
  const TempDir dir;
  dir.Write("f", "x");
  FaultyFileSystem disk(FileSystem::Posix());
  disk.FailAt(2, absl::PermissionDeniedError("no"));
  EXPECT_THAT(ReadSourceFile(disk, dir.path(), "f", 100),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("permission")));
}

TEST(SourceFileTest, LineErrorsNameFileAndLine) {
  EXPECT_EQ(SourceLineError("manifest.csv", 7, "no value").message(), "manifest.csv line 7: no value");
}

TEST(SourceFileTest, CancellationIsSeen) {
  std::atomic<bool> cancelled = false;
  EXPECT_THAT(CheckNotCancelled(nullptr), IsOk());
  EXPECT_THAT(CheckNotCancelled(&cancelled), IsOk());
  cancelled = true;
  EXPECT_TRUE(absl::IsCancelled(CheckNotCancelled(&cancelled)));
}

}  // namespace
}  // namespace facet::model
