// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/kdef_folder.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(KdefFolderTest, ThereAreSeventyPeopleInTurn) {
  const std::vector<std::string> people = AllKdefPeople();
  ASSERT_EQ(people.size(), 70u);
  EXPECT_EQ(people[0], "F01");
  EXPECT_EQ(people[1], "M01");
  EXPECT_EQ(people[69], "M35");
}

TEST(KdefFolderTest, FindsPeopleByTheNamesOfFiles) {
  const TempDir dir;
  dir.Write("kdef/AM02/AM02NES.JPG", "x");
  dir.Write("kdef/BF10/bf10hahl.jpg", "x");
  dir.Write("kdef/AM01NES.JPG", "x");
  for (const char* other : {"AX01NES.JPG", "AF36NES.JPG", "CF02NES.JPG", "readme.txt"}) {
    dir.Write(std::string("kdef/") + other, "x");
  }
  const auto folder = ReadKdefFolder(dir / "kdef");
  ASSERT_THAT(folder, IsOk());
  EXPECT_THAT(folder->people, ElementsAre("M01", "M02", "F10"));
}

TEST(KdefFolderTest, FollowsLinksAsAnUploadDoes) {
  const TempDir dir;
  dir.Write("kdef/AF01/AF01NES.JPG", "x");
  dir.Write("kdef/AM02/AM02NES.JPG", "x");
  dir.Write("links/readme.txt", "x");
  for (const char* person : {"AF01", "AM02"}) {
    std::filesystem::create_directory_symlink(dir / (std::string("kdef/") + person),
                                              dir / (std::string("links/") + person));
  }
  const auto folder = ReadKdefFolder(dir / "links");
  ASSERT_THAT(folder, IsOk());
  EXPECT_THAT(folder->people, ElementsAre("F01", "M02"));
  const std::string digest = folder->digest;
  dir.Write("kdef/AM02/AM02HAS.JPG", "x");
  EXPECT_NE(ReadKdefFolder(dir / "links")->digest, digest);
}

TEST(KdefFolderTest, DigestIsOfNamesAndSizesBelowTheFolder) {
  const TempDir dir;
  dir.Write("a/AF01NES.JPG", "x");
  dir.Write("b/AF01NES.JPG", "x");
  const std::string digest = ReadKdefFolder(dir / "a")->digest;
  EXPECT_EQ(digest.size(), 8u);
  EXPECT_EQ(ReadKdefFolder(dir / "b")->digest, digest);
  dir.Write("b/AF01NES.JPG", "xx");
  EXPECT_NE(ReadKdefFolder(dir / "b")->digest, digest);
}

TEST(KdefFolderTest, SaysWhatIsWrong) {
  const TempDir dir;
  EXPECT_THAT(ReadKdefFolder(dir / "nowhere"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  dir.Write("other/photo.jpg", "x");
  EXPECT_THAT(ReadKdefFolder(dir / "other"), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("AF01ANS.JPG")));
}

}  // namespace
}  // namespace facet::cli
