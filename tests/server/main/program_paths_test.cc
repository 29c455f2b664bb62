// SPDX-License-Identifier: Apache-2.0
#include "server/main/program_paths.h"

#include <filesystem>
#include <string>

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

class ProgramPathsTest : public testing::Test {
 protected:
  absl::Status Resolve(const std::string& program_folder) {
    fs::create_directories(program_folder);
    return ResolvePaths(*FileSystem::Posix(), program_folder, options_);
  }

  // As the system spells it: without doubled slashes.
  std::string Path(const std::string& name) const { return fs::path(dir_ / name).lexically_normal().string(); }

  TempDir dir_;
  ServerOptions options_;
};

TEST_F(ProgramPathsTest, AnInstalledServerFindsShareBesideBin) {
  fs::create_directories(Path("share/facet/presets"));
  ASSERT_THAT(Resolve(Path("bin")), IsOk());
  EXPECT_EQ(options_.data_dir, Path("share/facet"));
  EXPECT_EQ(options_.trainer_path, Path("bin/facet-trainer"));
}

TEST_F(ProgramPathsTest, ABuiltServerFindsTheSourceTree) {
  fs::create_directories(Path("data/presets"));
  ASSERT_THAT(Resolve(Path("build/release/bin")), IsOk());
  EXPECT_EQ(options_.data_dir, Path("data"));
  EXPECT_EQ(options_.trainer_path, Path("build/release/bin/facet-trainer"));
}

TEST_F(ProgramPathsTest, WhatIsNamedIsTaken) {
  fs::create_directories(Path("share/facet/presets"));
  fs::create_directories(Path("mine/presets"));
  options_.data_dir = Path("mine");
  options_.trainer_path = "/opt/trainer";
  ASSERT_THAT(Resolve(Path("bin")), IsOk());
  EXPECT_EQ(options_.data_dir, Path("mine"));
  EXPECT_EQ(options_.trainer_path, "/opt/trainer");
}

TEST_F(ProgramPathsTest, WithoutDataItSaysWhereItLooked) {
  const absl::Status nowhere = Resolve(Path("a/b/bin"));
  EXPECT_THAT(nowhere, HasReason(absl::StatusCode::kNotFound, "DATA_NOT_FOUND"));
  EXPECT_THAT(std::string(nowhere.message()), HasSubstr(Path("a/b/share/facet")));
  EXPECT_THAT(std::string(nowhere.message()), HasSubstr(Path("data")));
  EXPECT_THAT(std::string(nowhere.message()), HasSubstr("--data"));
}

TEST_F(ProgramPathsTest, ANamedFolderWithoutPresetsIsRefusedEvenIfAnotherIsThere) {
  fs::create_directories(Path("share/facet/presets"));
  options_.data_dir = Path("empty");
  const absl::Status refused = Resolve(Path("bin"));
  EXPECT_THAT(refused, HasReason(absl::StatusCode::kNotFound, "DATA_NOT_FOUND"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr(Path("empty")));
}

TEST_F(ProgramPathsTest, EveryPathBecomesAbsolute) {
  fs::create_directories(Path("data/presets"));
  options_.state_dir = "state/../s";
  options_.import_roots = {"in", "/abs/./x"};
  options_.trainer_path = "./trainer";
  ASSERT_THAT(Resolve(Path("build/release/bin")), IsOk());
  const std::string here = fs::current_path().string();
  EXPECT_EQ(options_.state_dir, here + "/s");
  EXPECT_THAT(options_.import_roots, ElementsAre(here + "/in", "/abs/x"));
  EXPECT_EQ(options_.trainer_path, here + "/trainer");
}

TEST(ProgramFolderTest, IsWhereTheProgramLies) {
  EXPECT_EQ(ProgramFolder().value(), fs::read_symlink("/proc/self/exe").parent_path().string());
}

}  // namespace
}  // namespace facet::server
