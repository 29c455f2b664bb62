// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_FILE_SYSTEM_H_
#define FACET_BASE_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet {

// A file being written. Not thread-safe. Close() or lose what was written.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // Forces everything to the disk and closes. Call once.
  virtual absl::Status SyncAndClose() = 0;
};

// The disk as a parameter, so that tests can make it fail. Thread-safe; blocks
// on I/O.
//
// Errors of every method, with the path in the message: NOT_FOUND,
// PERMISSION_DENIED, RESOURCE_EXHAUSTED (disk or quota full, reason
// DISK_FULL), INTERNAL for the rest.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The machine's; lives for ever.
  static FileSystem* Posix();

  // Creates or empties the file.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path) = 0;
  // With parents; no error where it is there.
  virtual absl::Status CreateDirs(const std::string& path) = 0;
  // Atomic; replaces a file, not a folder.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // Forces the entries of a folder to the disk.
  virtual absl::Status SyncDir(const std::string& path) = 0;
  // File or folder with all in it; no error where there is none.
  virtual absl::Status RemoveAll(const std::string& path) = 0;
  // Names in a folder, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  // Bytes of all files in a file or folder.
  virtual absl::StatusOr<uint64_t> Size(const std::string& path) = 0;
  // Bytes that may still be written on the disk of `path`.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& path) = 0;

  // Temporary name, fsync, rename, fsync of the folder: a reader sees the old
  // contents or the new, never a part.
  absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents);
};

}  // namespace facet

#endif  // FACET_BASE_FILE_SYSTEM_H_
