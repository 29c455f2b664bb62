// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_KDEF_FOLDER_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_KDEF_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace facet::cli {

// The 70 people of KDEF, women and men in turn: F01, M01, F02, …
std::vector<std::string> AllKdefPeople();

// What a folder of this machine holds.
struct KdefFolder {
  // Of whom there are pictures with KDEF's names, in the order of AllKdefPeople.
  std::vector<std::string> people;
  // Changes with the names and sizes of its files: 8 hexadecimal digits.
  std::string digest;
};

// Looks through what an upload of the folder sends: all below it, links followed.
// NOT_FOUND: there is none. INVALID_ARGUMENT: no file is named as in KDEF, or a
// link leads back to a folder around it. PERMISSION_DENIED: one cannot be listed.
absl::StatusOr<KdefFolder> ReadKdefFolder(const std::string& folder);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_KDEF_FOLDER_H_
