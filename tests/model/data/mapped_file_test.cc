// SPDX-License-Identifier: Apache-2.0
#include "model/data/mapped_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/string_view.h"
#include "base/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

using testing::HasSubstr;

TEST(MappedFileTest, ShowsTheFilesBytes) {
  const TempDir dir;
  const std::string contents = std::string(3'000'000, 'x') + "end";
  const std::string path = dir.Write("f", contents);
  const auto file = MappedFile::Open(path, contents.size(), Sha256Hex(contents));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->size(), contents.size());
  EXPECT_TRUE(absl::string_view(static_cast<const char*>((*file)->data()), contents.size()) == contents);
}

TEST(MappedFileTest, OutlivesTheNameOfTheFile) {
  const TempDir dir;
  const std::string path = dir.Write("f", "abc");
  const auto file = MappedFile::Open(path, 3, Sha256Hex("abc"));
  ASSERT_THAT(file, IsOk());
  std::filesystem::remove(path);
  EXPECT_EQ(static_cast<const char*>((*file)->data())[2], 'c');
}

TEST(MappedFileTest, RefusesOtherContents) {
  const TempDir dir;
  const std::string path = dir.Write("f", "abc");
  const std::string digest = Sha256Hex("abd");
  EXPECT_THAT(MappedFile::Open(path, 3, digest), HasReason(absl::StatusCode::kDataLoss, "CHECKSUM_MISMATCH"));
  EXPECT_THAT(MappedFile::Open(path, 3, digest), IsError(absl::StatusCode::kDataLoss, HasSubstr(digest)));
}

TEST(MappedFileTest, RefusesOtherSizes) {
  const TempDir dir;
  const std::string path = dir.Write("f", "abc");
  for (const size_t size : {1u, 2u, 4u, 100'000u}) {
    EXPECT_THAT(MappedFile::Open(path, size, Sha256Hex("abc")),
                IsError(absl::StatusCode::kDataLoss, HasSubstr("it has 3 bytes")));
  }
}

TEST(MappedFileTest, RefusesWhatIsNoFile) {
  const TempDir dir;
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  for (const std::string& path : {dir / "missing", dir.path(), dir / "pipe"}) {
    EXPECT_THAT(MappedFile::Open(path, 3, Sha256Hex("abc")),
                HasReason(absl::StatusCode::kDataLoss, "CHECKSUM_MISMATCH"));
  }
}

TEST(MappedFileTest, AFileThatCannotBeOpenedNowIsNoDamage) {
  const TempDir dir;
  const std::string path = dir.Write("f", "abc");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = MappedFile::Open(path, 3, Sha256Hex("abc")).status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(status, HasReason(absl::StatusCode::kInternal, "FILE_ERROR"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Too many open files"));
  EXPECT_THAT(MappedFile::Open(path, 3, Sha256Hex("abc")), IsOk());
}

}  // namespace
}  // namespace facet::model
