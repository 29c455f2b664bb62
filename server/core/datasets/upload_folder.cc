// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/upload_folder.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr size_t kMaxChunkBytes = 1 << 20;
constexpr size_t kMaxPathBytes = 255;
// Each file costs an inode and an fsync, however small it is.
constexpr size_t kMaxFiles = 1'000'000;

absl::Status BadUpload(absl::string_view field, absl::string_view message) {
  return InvalidField(field, "BAD_UPLOAD", message);
}

// Client paths become paths below our folder and nowhere else.
absl::Status CheckPath(const std::string& path) {
  if (path.empty() || path.size() > kMaxPathBytes) {
    return BadUpload("chunk.path", absl::StrCat("a path must have 1 to ", kMaxPathBytes, " bytes"));
  }
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    const bool bad = part.empty() || part == "." || part == "..";
    if (bad || part.find('\0') != absl::string_view::npos || part.find('\\') != absl::string_view::npos) {
      return BadUpload("chunk.path", "a path must be relative, with '/' between names and no '.' or '..'");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<UploadFolder>> UploadFolder::Create(FileSystem* file_system, const std::string& parent,
                                                                   uint64_t max_bytes) {
  std::string path = absl::StrCat(parent, "/", RandomHexId());
  RETURN_IF_ERROR(file_system->CreateDirs(path));
  return std::unique_ptr<UploadFolder>(new UploadFolder(file_system, std::move(path), max_bytes));
}

UploadFolder::~UploadFolder() {
  file_.reset();
  file_system_->RemoveAll(path_).IgnoreError();
}

absl::Status UploadFolder::Add(const v1::FileChunk& chunk) {
  if (chunk.data().size() > kMaxChunkBytes) return BadUpload("chunk.data", "a chunk must have at most 1 MiB");
  if (file_ == nullptr || chunk.path() != current_) RETURN_IF_ERROR(Begin(chunk.path()));
  bytes_ += chunk.data().size();
  if (bytes_ > max_bytes_) {
    return WithReason(absl::ResourceExhaustedError(
                          absl::StrCat("the upload is larger than ", max_bytes_ >> 20,
                                       " MiB; raise limits.max_upload_mib, or import a folder on the server")),
                      "UPLOAD_TOO_LARGE");
  }
  return file_->Append(chunk.data());
}

absl::Status UploadFolder::Begin(const std::string& relative) {
  RETURN_IF_ERROR(CheckPath(relative));
  RETURN_IF_ERROR(CheckNoConflict(relative));
  if (seen_.size() >= kMaxFiles) return BadUpload("chunk.path", absl::StrCat("over ", kMaxFiles, " files"));
  if (!seen_.insert(relative).second) {
    return BadUpload("chunk.path", absl::StrCat("the chunks of '", relative, "' must follow each other"));
  }
  RETURN_IF_ERROR(CloseCurrent());
  const std::string target = absl::StrCat(path_, "/", relative);
  RETURN_IF_ERROR(file_system_->CreateDirs(std::filesystem::path(target).parent_path().string()));
  ASSIGN_OR_RETURN(file_, file_system_->Create(target));
  current_ = relative;
  return absl::OkStatus();
}

// A disk would refuse such a file, too, but not in words that the client knows.
absl::Status UploadFolder::CheckNoConflict(const std::string& relative) const {
  const auto conflict = [](absl::string_view path) {
    return BadUpload("chunk.path", absl::StrCat("'", path, "' is a file and a folder"));
  };
  for (size_t slash = relative.find('/'); slash != std::string::npos; slash = relative.find('/', slash + 1)) {
    const std::string parent = relative.substr(0, slash);
    if (seen_.count(parent) > 0) return conflict(parent);
  }
  const auto below = seen_.lower_bound(absl::StrCat(relative, "/"));
  if (below != seen_.end() && absl::StartsWith(*below, absl::StrCat(relative, "/"))) return conflict(relative);
  return absl::OkStatus();
}

absl::Status UploadFolder::CloseCurrent() {
  if (file_ == nullptr) return absl::OkStatus();
  const std::unique_ptr<WritableFile> file = std::move(file_);
  return file->SyncAndClose();
}

absl::Status UploadFolder::Finish() {
  if (seen_.empty()) return BadUpload("chunk", "no file was uploaded");
  return CloseCurrent();
}

}  // namespace facet::server
