// SPDX-License-Identifier: Apache-2.0
#include "server/main/address_file.h"

#include <string>
#include <vector>

#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AddressFileTest, HasALineForEachAddressWhileItLives) {
  TempDir dir;
  auto file = AddressFile::Write(FileSystem::Posix(), dir.path(), {"127.0.0.1:1234", "unix:/run/f"}, "127.0.0.1:5");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(TempDir::Read(dir / "facetd.address"), "grpc=127.0.0.1:1234\ngrpc=unix:/run/f\nmetrics=127.0.0.1:5\n");
  EXPECT_THAT(FileSystem::Posix()->List(dir.path()).value(), ElementsAre("facetd.address"));
  file->reset();
  EXPECT_THAT(FileSystem::Posix()->List(dir.path()).value(), IsEmpty());
}

TEST(AddressFileTest, WithoutMetricsThereIsNoLineOfThem) {
  TempDir dir;
  auto file = AddressFile::Write(FileSystem::Posix(), dir.path(), {"127.0.0.1:1234"}, "");
  EXPECT_EQ(TempDir::Read(dir / "facetd.address"), "grpc=127.0.0.1:1234\n");
}

TEST(AddressFileTest, ReplacesWhatADeadServerLeft) {
  TempDir dir;
  dir.Write("facetd.address", "grpc=10.0.0.1:1\nmetrics=10.0.0.1:2\n");
  auto file = AddressFile::Write(FileSystem::Posix(), dir.path(), {"127.0.0.1:1234"}, "");
  EXPECT_EQ(TempDir::Read(dir / "facetd.address"), "grpc=127.0.0.1:1234\n");
}

TEST(AddressFileTest, IsWrittenWholeOrNotAtAll) {
  TempDir dir;
  FaultyFileSystem disk(FileSystem::Posix());
  int calls = 1;
  for (;; ++calls) {
    disk.FailAt(calls, FaultyFileSystem::DiskFull());
    const auto file = AddressFile::Write(&disk, dir.path(), {"127.0.0.1:1234"}, "");
    if (file.ok()) break;
    EXPECT_THAT(file, HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
    EXPECT_FALSE(FileSystem::Posix()->Exists(dir / "facetd.address")) << "call " << calls;
  }
  EXPECT_GT(calls, 3);
}

}  // namespace
}  // namespace facet::server
