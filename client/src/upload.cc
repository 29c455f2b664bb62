// SPDX-License-Identifier: Apache-2.0
#include "client/src/upload.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace facet::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;

// Whether `path` is `folder` or below it; both without links.
bool IsWithin(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

// The folders that a walk is in, their links resolved, the outermost first.
class FoldersAround {
 public:
  explicit FoldersAround(const fs::path& folder) : folders_{fs::canonical(folder, ignored_)} {}

  // Takes note of the folder `entry`, found at `depth` (0: directly in the
  // first one). False: by a link it leads back to one that the walk is in.
  bool Enter(const fs::path& entry, int depth) {
    folders_.resize(depth + 1);
    const fs::path folder = fs::canonical(entry, ignored_);
    for (const fs::path& around : folders_) {
      if (!folder.empty() && IsWithin(around, folder)) return false;
    }
    folders_.push_back(folder);
    return true;
  }

 private:
  std::error_code ignored_;  // what cannot be read, the walk itself reports
  std::vector<fs::path> folders_;
};

}  // namespace

absl::StatusOr<UploadFiles> FindUploadFiles(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("there is no folder '", folder, "' on this machine"));
  }
  UploadFiles result;
  FoldersAround around(folder);
  constexpr auto kFollow = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(folder, kFollow, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !around.Enter(it->path(), it.depth())) {
      return absl::InvalidArgumentError(
          absl::StrCat("the link '", it->path().string(), "' leads back to a folder around it; remove it"));
    }
    if (!it->is_regular_file(ignored)) continue;
    // By its name here, wherever a link leads.
    result.files.push_back(
        {it->path().string(), it->path().lexically_relative(folder).generic_string(), it->file_size(ignored)});
    result.total_bytes += result.files.back().size;
  }
  if (error) return absl::PermissionDeniedError(absl::StrCat("cannot list '", folder, "': ", error.message()));
  if (result.files.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there are no files in '", folder, "'"));
  }
  std::sort(result.files.begin(), result.files.end(),
            [](const auto& a, const auto& b) { return a.relative < b.relative; });
  return result;
}

absl::Status ForEachChunk(const UploadFiles& files, const std::function<bool(const v1::FileChunk&)>& send) {
  for (const auto& file : files.files) {
    std::ifstream stream(file.path, std::ios::binary);
    if (!stream) return absl::DataLossError(absl::StrCat("cannot read '", file.path, "'"));
    bool first = true;  // an empty file is one empty chunk
    while (stream || first) {
      v1::FileChunk chunk;
      chunk.set_path(file.relative);
      chunk.mutable_data()->resize(kChunkBytes);
      stream.read(chunk.mutable_data()->data(), kChunkBytes);
      chunk.mutable_data()->resize(stream.gcount());
      if (stream.bad()) return absl::DataLossError(absl::StrCat("cannot read '", file.path, "'"));
      if (chunk.data().empty() && !first) break;
      first = false;
      if (!send(chunk)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace facet::client
