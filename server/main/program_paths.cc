// SPDX-License-Identifier: Apache-2.0
#include "server/main/program_paths.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"

namespace facet::server {
namespace {

std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

absl::Status FindData(FileSystem& file_system, const std::vector<std::string>& candidates, std::string& found) {
  for (const std::string& candidate : candidates) {
    if (file_system.Exists(absl::StrCat(candidate, "/presets"))) {
      found = candidate;
      return absl::OkStatus();
    }
  }
  return WithReason(
      absl::NotFoundError(absl::StrCat("no folder with presets and bundled data (looked in ",
                                       absl::StrJoin(candidates, " and "), "); name it with --data or data_dir")),
      "DATA_NOT_FOUND");
}

}  // namespace

absl::StatusOr<std::string> ProgramFolder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return absl::InternalError(absl::StrCat("cannot find the program's own folder: ", error.message()));
  return program.parent_path().string();
}

absl::Status ResolvePaths(FileSystem& file_system, const std::string& program_folder, ServerOptions& options) {
  options.state_dir = Absolute(options.state_dir);
  for (std::string& root : options.import_roots) root = Absolute(root);
  if (options.trainer_path.empty()) options.trainer_path = absl::StrCat(program_folder, "/facet-trainer");
  options.trainer_path = Absolute(options.trainer_path);
  std::vector<std::string> candidates = {Absolute(options.data_dir)};
  if (options.data_dir.empty()) {
    // Installed: bin/facetd; built: build/<preset>/bin/facetd.
    candidates = {Absolute(absl::StrCat(program_folder, "/../share/facet")),
                  Absolute(absl::StrCat(program_folder, "/../../../data"))};
  }
  return FindData(file_system, candidates, options.data_dir);
}

}  // namespace facet::server
