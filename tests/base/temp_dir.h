// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_TEMP_DIR_H_
#define FACET_TESTS_BASE_TEMP_DIR_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/names.h"
#include "gtest/gtest.h"

namespace facet {

// A folder of a test's own, removed at its end.
class TempDir {
 public:
  TempDir() : path_(absl::StrCat(absl::StripSuffix(testing::TempDir(), "/"), "/facet-", RandomHexId())) {
    std::filesystem::create_directories(path_);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

  // Writes a file, with the folders above it, and returns its path.
  std::string Write(absl::string_view name, absl::string_view contents) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary).write(contents.data(), static_cast<std::streamsize>(contents.size()));
    return path;
  }

  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

}  // namespace facet

#endif  // FACET_TESTS_BASE_TEMP_DIR_H_
