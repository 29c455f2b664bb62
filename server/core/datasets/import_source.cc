// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/import_source.h"

#include <algorithm>
#include <climits>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "model/data/source_file.h"

namespace facet::server {
namespace {

namespace fs = std::filesystem;

}  // namespace

absl::StatusOr<std::string> ResolveImportFolder(const std::string& path, const std::vector<std::string>& roots) {
  if (path.empty()) {
    return InvalidField("folder.path", "BAD_SOURCE", "name a folder on the server, by its absolute path");
  }
  // The system would refuse it, too, but only after a lookup for each name in it.
  if (path.size() >= PATH_MAX) {
    return InvalidField("folder.path", "BAD_SOURCE",
                        absl::StrCat("the path has ", path.size(), " bytes; no system takes over ", PATH_MAX - 1));
  }
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  // What follows a zero byte would be checked here and not be read there.
  const bool whole = path.find('\0') == std::string::npos;
  const bool allowed = !error && whole && fs::path(path).is_absolute() &&
                       std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
                         std::error_code ignored;
                         const fs::path real_root = fs::canonical(root, ignored);
                         return !ignored && model::IsWithin(real, real_root);
                       });
  if (!allowed) {
    return WithReason(absl::PermissionDeniedError(
                          "the folder is not below one of the server's import roots; its operator lists them in "
                          "import_roots, or upload the files instead"),
                      "OUTSIDE_IMPORT_ROOTS");
  }
  if (!fs::is_directory(real, error)) {
    return InvalidField("folder.path", "BAD_SOURCE", absl::StrCat("'", path, "' is no folder on the server"));
  }
  return real.string();
}

absl::StatusOr<std::string> ResolveBundled(const v1::ImportSpec& spec, const std::string& bundled_dir) {
  const std::vector<std::string> names = {"digits"};
  const std::string& name = spec.bundled().name();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return InvalidField("bundled.name", "UNKNOWN_BUNDLED_DATA",
                        absl::StrCat("no data named '", name.substr(0, 80), "' ships. ", SuggestNames(name, names)));
  }
  if (spec.format() != v1::DATASET_FORMAT_IDX_DIGITS) {
    return InvalidField("format", "UNKNOWN_FORMAT", "the bundled digits have the format DATASET_FORMAT_IDX_DIGITS");
  }
  return absl::StrCat(bundled_dir, "/", name);
}

}  // namespace facet::server
