// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/kdef_folder.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/sha256.h"

namespace facet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kPeople = 35;  // of each sex
constexpr size_t kDigestLength = 8;

// "F01" of "AF01ANS.JPG"; empty where the name is not KDEF's. The server looks
// closer.
std::string PersonOf(const fs::path& file) {
  const std::string stem = absl::AsciiStrToUpper(file.stem().string());
  if (stem.size() != 7 && stem.size() != 8) return "";
  return stem[0] == 'A' || stem[0] == 'B' ? stem.substr(1, 3) : "";
}

}  // namespace

std::vector<std::string> AllKdefPeople() {
  std::vector<std::string> people;
  for (int number = 1; number <= kPeople; ++number) {
    for (const char* sex : {"F", "M"}) people.push_back(absl::StrFormat("%s%02d", sex, number));
  }
  return people;
}

absl::StatusOr<KdefFolder> ReadKdefFolder(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("there is no folder '", folder, "' on this machine"));
  }
  std::map<std::string, uint64_t> sizes;
  std::set<std::string> found;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    sizes[it->path().lexically_relative(folder).generic_string()] = it->file_size(ignored);
    found.insert(PersonOf(it->path()));
  }
  if (error) return absl::PermissionDeniedError(absl::StrCat("cannot list '", folder, "': ", error.message()));
  KdefFolder result;
  for (const std::string& person : AllKdefPeople()) {
    if (found.contains(person)) result.people.push_back(person);
  }
  if (result.people.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no file in '", folder, "' is named as in KDEF, e.g. AF01ANS.JPG"));
  }
  Sha256 hash;
  for (const auto& [path, size] : sizes) hash.Update(absl::StrCat(path, " ", size, "\n"));
  result.digest = hash.HexDigest().substr(0, kDigestLength);
  return result;
}

}  // namespace facet::cli
