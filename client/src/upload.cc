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

}  // namespace

absl::StatusOr<UploadFiles> FindUploadFiles(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("there is no folder '", folder, "' on this machine"));
  }
  UploadFiles result;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    result.files.push_back({it->path().string(), fs::relative(it->path(), folder, ignored).generic_string(),
                            it->file_size(ignored)});
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
