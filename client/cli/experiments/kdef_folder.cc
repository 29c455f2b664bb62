// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/kdef_folder.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "client/cli/left_out.h"
#include "client/src/upload.h"

namespace facet::cli {
namespace {

constexpr int kPeople = 35;  // of each sex
constexpr size_t kDigestLength = 8;

}  // namespace

std::vector<std::string> AllKdefPeople() {
  std::vector<std::string> people;
  for (int number = 1; number <= kPeople; ++number) {
    for (const char* sex : {"F", "M"}) people.push_back(absl::StrFormat("%s%02d", sex, number));
  }
  return people;
}

absl::StatusOr<KdefFolder> ReadKdefFolder(const std::string& folder) {
  ASSIGN_OR_RETURN(const client::UploadFiles files, client::FindUploadFiles(folder));
  std::set<std::string> found;
  Sha256 hash;
  for (const auto& file : files.files) {
    hash.Update(absl::StrCat(file.relative, " ", file.size, "\n"));
    found.insert(KdefPersonOf(file.relative));
  }
  KdefFolder result;
  for (const std::string& person : AllKdefPeople()) {
    if (found.contains(person)) result.people.push_back(person);
  }
  if (result.people.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no file in '", folder, "' is named as in KDEF, e.g. AF01ANS.JPG"));
  }
  result.digest = hash.HexDigest().substr(0, kDigestLength);
  return result;
}

}  // namespace facet::cli
