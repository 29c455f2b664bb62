// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/import_source.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class ImportFolderTest : public testing::Test {
 protected:
  ImportFolderTest() {
    fs::create_directories(dir_ / "root/a/b");
    fs::create_directories(dir_ / "rooted");
    fs::create_directories(dir_ / "second");
    dir_.Write("root/file", "x");
  }
  absl::StatusOr<std::string> Resolve(const std::string& path) {
    return ResolveImportFolder(path, {dir_ / "root", dir_ / "second", dir_ / "not-there"});
  }
  std::string Real(const std::string& name) { return fs::canonical(dir_ / name).string(); }
  void ExpectDenied(const std::string& path) {
    EXPECT_THAT(Resolve(path), HasReason(absl::StatusCode::kPermissionDenied, "OUTSIDE_IMPORT_ROOTS")) << path;
  }

  TempDir dir_;
};

TEST_F(ImportFolderTest, IsARootOrBelowOne) {
  EXPECT_EQ(Resolve(dir_ / "root").value(), Real("root"));
  EXPECT_EQ(Resolve(dir_ / "root/").value(), Real("root"));
  EXPECT_EQ(Resolve(dir_ / "root/a/b").value(), Real("root/a/b"));
  EXPECT_EQ(Resolve(dir_ / "second").value(), Real("second"));
}

TEST_F(ImportFolderTest, WaysRoundThatEndBelowARootAreGood) {
  EXPECT_EQ(Resolve(dir_ / "root/a/../a/./b").value(), Real("root/a/b"));
  EXPECT_EQ(Resolve(dir_ / "second/../root/a").value(), Real("root/a"));
  fs::create_directory_symlink(dir_ / "root/a", dir_ / "outside-link");
  EXPECT_EQ(Resolve(dir_ / "outside-link/b").value(), Real("root/a/b"));
}

TEST_F(ImportFolderTest, APathOfMegabytesIsRefusedUnopened) {
  std::string path = dir_ / "root";
  while (path.size() < 4 << 20) path += "/.";
  EXPECT_THAT(Resolve(path), IsBadField("folder.path", "BAD_SOURCE"));
}

TEST_F(ImportFolderTest, EverythingElseIsDenied) {
  ExpectDenied(dir_.path());
  ExpectDenied(dir_ / "root/..");
  ExpectDenied(dir_ / "rooted");
  ExpectDenied(dir_ / "not-there");
  ExpectDenied(".");
  ExpectDenied("root");
  ExpectDenied("/");
  ExpectDenied("/etc");
}

TEST_F(ImportFolderTest, LinksThatLeadOutAreDenied) {
  fs::create_directory_symlink(dir_ / "rooted", dir_ / "root/link");
  fs::create_directory_symlink("../../rooted", dir_ / "root/a/relative");
  fs::create_directory_symlink("loop", dir_ / "root/loop");
  for (const char* path : {"root/link", "root/link/deeper", "root/a/relative", "root/loop", "root/a/b/../../link"}) {
    ExpectDenied(dir_ / path);
  }
}

TEST_F(ImportFolderTest, WhatIsThereIsNotTold) {
  const auto there = Resolve(dir_ / "rooted");
  const auto not_there = Resolve(dir_ / "rooted-nowhere");
  EXPECT_EQ(there.status(), not_there.status());
}

TEST_F(ImportFolderTest, ARootThatIsALinkIsItsTarget) {
  fs::create_directory_symlink(dir_ / "rooted", dir_ / "link-root");
  fs::create_directories(dir_ / "rooted/x");
  EXPECT_EQ(ResolveImportFolder(dir_ / "link-root/x", {dir_ / "link-root"}).value(), Real("rooted/x"));
  EXPECT_EQ(ResolveImportFolder(dir_ / "rooted/x", {dir_ / "link-root"}).value(), Real("rooted/x"));
}

TEST_F(ImportFolderTest, WithoutRootsNothingIsRead) {
  EXPECT_THAT(ResolveImportFolder(dir_ / "root", {}),
              HasReason(absl::StatusCode::kPermissionDenied, "OUTSIDE_IMPORT_ROOTS"));
}

TEST_F(ImportFolderTest, WhatIsNoFolderIsABadField) {
  EXPECT_THAT(Resolve(""), IsBadField("folder.path", "BAD_SOURCE"));
  EXPECT_THAT(Resolve(dir_ / "root/nothing"), IsBadField("folder.path", "BAD_SOURCE"));
  EXPECT_THAT(Resolve(dir_ / "root/file"), IsBadField("folder.path", "BAD_SOURCE"));
}

TEST_F(ImportFolderTest, APathWithAZeroByteIsDenied) {
  ExpectDenied(absl::StrCat(dir_ / "root/a", std::string(1, '\0'), "/b"));
}

TEST(ResolveBundledTest, KnowsTheDigits) {
  v1::ImportSpec spec;
  spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
  spec.mutable_bundled()->set_name("digits");
  EXPECT_EQ(ResolveBundled(spec, "/data").value(), "/data/digits");
  spec.set_format(v1::DATASET_FORMAT_CSV);
  EXPECT_THAT(ResolveBundled(spec, "/data"), IsBadField("format", "UNKNOWN_FORMAT"));
}

TEST(ResolveBundledTest, NamesWhatThereIs) {
  v1::ImportSpec spec;
  spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
  for (const char* name : {"", "digit", "../presets", "/etc"}) {
    spec.mutable_bundled()->set_name(name);
    const auto resolved = ResolveBundled(spec, "/data");
    EXPECT_THAT(resolved, IsBadField("bundled.name", "UNKNOWN_BUNDLED_DATA")) << name;
    EXPECT_THAT(std::string(resolved.status().message()), HasSubstr("There are: digits.")) << name;
  }
}

}  // namespace
}  // namespace facet::server
