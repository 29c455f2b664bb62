// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/version_folders.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/names.h"
#include "base/sealed_folder.h"
#include "base/status_macros.h"

namespace facet::server {

absl::Status RemoveUnregisteredVersions(
    FileSystem& file_system, const std::string& root,
    const std::function<absl::Status(const std::string& id, int64_t version)>& find) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, file_system.List(root));
  for (const std::string& id : ids) {
    // What is not named by us is not ours to remove.
    if (!ValidateId(id, "folder").ok()) continue;
    const std::string folder = absl::StrCat(root, "/", id);
    RETURN_IF_ERROR(RemoveUnsealedLeftovers(file_system, folder));
    ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(folder));
    for (const std::string& name : names) {
      int64_t version = 0;
      if (!absl::SimpleAtoi(name, &version) || version < 1) continue;
      const absl::Status found = find(id, version);
      if (absl::IsNotFound(found)) {
        RETURN_IF_ERROR(file_system.RemoveAll(absl::StrCat(folder, "/", name)));
      } else if (!found.ok()) {
        return found;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace facet::server
