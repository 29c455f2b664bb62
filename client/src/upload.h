// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_UPLOAD_H_
#define FACET_CLIENT_SRC_UPLOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"

namespace facet::client {

// The regular files below a folder, sorted by path. Links are followed: a file
// goes by its name in the folder.
struct UploadFiles {
  struct File {
    std::string path;      // on this machine
    std::string relative;  // below the folder, with '/'
    uint64_t size = 0;
  };
  std::vector<File> files;
  uint64_t total_bytes = 0;
};

// NOT_FOUND: no such folder. INVALID_ARGUMENT: no files in it, or a link that
// leads back to a folder around it. PERMISSION_DENIED: one cannot be listed.
absl::StatusOr<UploadFiles> FindUploadFiles(const std::string& folder);

// Calls `send` with each file in chunks of at most 1 MiB; stops when it returns
// false (OK: the server's answer says why). DATA_LOSS: a file cannot be read.
absl::Status ForEachChunk(const UploadFiles& files, const std::function<bool(const v1::FileChunk&)>& send);

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_UPLOAD_H_
