// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_UPLOAD_FOLDER_H_
#define FACET_SERVER_CORE_DATASETS_UPLOAD_FOLDER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"

namespace facet::server {

// A temporary folder that takes the chunks of uploaded files; removed when this
// goes. Not thread-safe; calls block on the disk.
class UploadFolder {
 public:
  static absl::StatusOr<std::unique_ptr<UploadFolder>> Create(FileSystem* file_system, const std::string& parent,
                                                              uint64_t max_bytes);
  ~UploadFolder();

  const std::string& path() const { return path_; }

  // As DatasetRegistry::Import::Add.
  absl::Status Add(const v1::FileChunk& chunk);
  // Closes the last file. INVALID_ARGUMENT: nothing was uploaded.
  absl::Status Finish();

 private:
  UploadFolder(FileSystem* file_system, std::string path, uint64_t max_bytes)
      : file_system_(file_system), path_(std::move(path)), max_bytes_(max_bytes) {}
  absl::Status Begin(const std::string& relative);
  absl::Status CheckNoConflict(const std::string& relative) const;
  absl::Status CloseCurrent();

  FileSystem* file_system_;
  std::string path_;
  uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  std::set<std::string> seen_;
  std::string current_;
  std::unique_ptr<WritableFile> file_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_UPLOAD_FOLDER_H_
