// SPDX-License-Identifier: Apache-2.0
#include "server/main/installation.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace facet::server {
namespace {

namespace fs = std::filesystem;

absl::Status FindIn(FileSystem& file_system, const std::vector<std::string>& places, absl::string_view marker,
                    absl::string_view setting, std::string& found) {
  for (const std::string& place : places) {
    if (!file_system.Exists(absl::StrCat(place, marker))) continue;
    found = place;
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("found no ", absl::StrJoin(places, " and no "), "; set ", setting));
}

}  // namespace

absl::Status LocateInstallation(FileSystem& file_system, ServerOptions& options) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path bin = program.parent_path();
  if (options.trainer_path.empty()) {
    const absl::Status status =
        FindIn(file_system, {(bin / "facet-trainer").string()}, "", "trainer_path", options.trainer_path);
    if (!status.ok()) return status;
  }
  if (!options.data_dir.empty()) return absl::OkStatus();
  // <prefix>/bin/facetd, or <source>/build/<preset>/bin/facetd.
  const std::vector<std::string> places = {(bin / "../share/facet").lexically_normal().string(),
                                           (bin / "../../../data").lexically_normal().string()};
  return FindIn(file_system, places, "/presets", "data_dir (or --data)", options.data_dir);
}

}  // namespace facet::server
