// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/unfinished_imports.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class UnfinishedImportsTest : public testing::Test {
 protected:
  // Begins an import that keeps something and is cut off.
  void CutOff(const std::string& id) {
    const auto entry = imports_.Begin(id);
    ASSERT_NE(entry, nullptr);
    const std::string name = entry->folder().substr((dir_ / "imports/").size());
    dir_.Write(absl::StrCat("imports/", name, "/of-", id), "x");
  }
  // What was kept, as "<id>" of each folder's one file.
  std::vector<std::string> Kept() {
    std::vector<std::string> ids;
    const std::string root = dir_ / "imports";
    if (!disk_.Exists(root)) return ids;
    const std::vector<std::string> folders = FileSystem::Posix()->List(root).value();
    for (const std::string& folder : folders) {
      const std::vector<std::string> files = FileSystem::Posix()->List(absl::StrCat(root, "/", folder)).value();
      for (const std::string& file : files) ids.push_back(file.substr(3));
    }
    return ids;
  }

  TempDir dir_;
  FakeClock clock_;
  FaultyFileSystem disk_{FileSystem::Posix()};
  UnfinishedImports imports_{&disk_, &clock_, dir_ / "imports"};
};

TEST_F(UnfinishedImportsTest, TheNextImportHasWhatTheOneBeforeKept) {
  CutOff("faces");
  clock_.Advance(absl::Hours(1));
  const auto entry = imports_.Begin("faces");
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(disk_.Exists(entry->folder() + "/of-faces"));
  EXPECT_NE(imports_.Begin("other")->folder(), entry->folder());
}

TEST_F(UnfinishedImportsTest, NothingIsLeftOfOneThatSucceeds) {
  CutOff("faces");
  CutOff("other");
  imports_.Begin("faces")->Remove();
  EXPECT_THAT(Kept(), ElementsAre("other"));
}

TEST_F(UnfinishedImportsTest, OneImportOfADataSetHasTheFolder) {
  auto first = imports_.Begin("faces");
  EXPECT_EQ(imports_.Begin("faces"), nullptr);
  first.reset();
  EXPECT_NE(imports_.Begin("faces"), nullptr);
}

TEST_F(UnfinishedImportsTest, WhatWasLeftForAWeekGoes) {
  CutOff("old");
  clock_.Advance(UnfinishedImports::kMaxAge - absl::Seconds(1));
  CutOff("recent");
  clock_.Advance(absl::Seconds(1));
  imports_.Clean();
  EXPECT_THAT(Kept(), UnorderedElementsAre("old", "recent"));
  clock_.Advance(absl::Seconds(1));
  imports_.Clean();
  EXPECT_THAT(Kept(), ElementsAre("recent"));
}

TEST_F(UnfinishedImportsTest, AnImportThatIsTakenUpIsNotOld) {
  CutOff("faces");
  clock_.Advance(UnfinishedImports::kMaxAge);
  CutOff("faces");
  clock_.Advance(UnfinishedImports::kMaxAge);
  imports_.Clean();
  EXPECT_THAT(Kept(), ElementsAre("faces"));
}

TEST_F(UnfinishedImportsTest, TheOldestOfTooManyGoes) {
  std::vector<std::string> newest;
  for (size_t i = 0; i <= UnfinishedImports::kMaxFolders; ++i) {
    const std::string id = absl::StrCat("faces", i);
    CutOff(id);
    clock_.Advance(absl::Seconds(1));
    if (i > 0) newest.push_back(id);
  }
  imports_.Clean();
  EXPECT_THAT(Kept(), testing::UnorderedElementsAreArray(newest));
}

TEST_F(UnfinishedImportsTest, WhatIsInUseStays) {
  CutOff("faces");
  const auto running = imports_.Begin("faces");
  clock_.Advance(2 * UnfinishedImports::kMaxAge);
  imports_.Clean();
  imports_.Forget("faces");
  EXPECT_THAT(Kept(), ElementsAre("faces"));
}

TEST_F(UnfinishedImportsTest, WithAllFoldersInUseAnotherImportGoesWithout) {
  std::vector<std::unique_ptr<UnfinishedImports::Entry>> running;
  for (size_t i = 0; i < UnfinishedImports::kMaxFolders; ++i) {
    running.push_back(imports_.Begin(absl::StrCat("faces", i)));
    EXPECT_NE(running.back(), nullptr);
  }
  EXPECT_EQ(imports_.Begin("other"), nullptr);
}

TEST_F(UnfinishedImportsTest, ADeletedDataSetIsForgotten) {
  CutOff("faces");
  CutOff("faces-2");
  imports_.Forget("faces");
  EXPECT_THAT(Kept(), ElementsAre("faces-2"));
}

TEST_F(UnfinishedImportsTest, WhatIsNoneOfItsFoldersIsRemoved) {
  dir_.Write("imports/faces/of-x", "x");
  dir_.Write("imports/Faces.12/of-x", "x");
  dir_.Write("imports/faces.twelve/of-x", "x");
  CutOff("faces");
  EXPECT_THAT(Kept(), ElementsAre("faces"));
}

TEST_F(UnfinishedImportsTest, ADiskThatFailsCostsTheHelpAlone) {
  CutOff("faces");
  for (int call = 1; call < 5; ++call) {
    disk_.FailAt(call, FaultyFileSystem::DiskFull());
    EXPECT_NE(imports_.Begin("faces"), nullptr) << call;
    imports_.Forget("other");
    imports_.Clean();
  }
}

}  // namespace
}  // namespace facet::server
