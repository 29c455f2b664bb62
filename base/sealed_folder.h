// SPDX-License-Identifier: Apache-2.0
// A sealed folder is written once, whole or not at all, and knows when it is
// damaged: its file SHA256SUMS lists every other file in the form of
// sha256sum(1), so that `sha256sum -c SHA256SUMS` checks it too. Data sets,
// checkpoints and bundles are sealed folders.
#ifndef FACET_BASE_SEALED_FOLDER_H_
#define FACET_BASE_SEALED_FOLDER_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace facet {

inline constexpr absl::string_view kChecksumFile = "SHA256SUMS";

// Writes a sealed folder. Not thread-safe. Without Commit() nothing is left.
class SealedFolderWriter {
 public:
  // Begins `path` under a temporary name beside it (`<path>.tmp-<random>`).
  // ALREADY_EXISTS: `path` is there. Errors of FileSystem.
  static absl::StatusOr<std::unique_ptr<SealedFolderWriter>> Create(FileSystem* file_system, std::string path);
  ~SealedFolderWriter();

  // Adds a file; `name` has no '/'.
  absl::Status Add(const std::string& name, absl::string_view contents);

  // Adds a file in pieces. One file at a time: Begin, Append…, End.
  absl::Status Begin(const std::string& name);
  absl::Status Append(absl::string_view bytes);
  absl::Status End();

  // Writes the checksums, syncs and renames into place. After an error nothing is
  // left, whatever the step that failed.
  absl::Status Commit();

 private:
  SealedFolderWriter(FileSystem* file_system, std::string path, std::string temporary);
  struct OpenFile;

  FileSystem* file_system_;
  std::string path_;
  std::string temporary_;
  std::map<std::string, std::string> digests_;
  std::unique_ptr<OpenFile> open_;
  bool committed_ = false;
};

// The three readers below give DATA_LOSS (reason CHECKSUM_MISMATCH) for proven
// damage alone: a file that is not in a folder that is there, or not what was
// sealed. Where a file cannot be read they give the error of FileSystem: it may
// be whole, and another try may succeed.

// Digests by file name, as SHA256SUMS says; files are not read. NOT_FOUND: no
// such folder. DATA_LOSS: no or broken SHA256SUMS.
absl::StatusOr<std::map<std::string, std::string>> ReadSeal(FileSystem& file_system, const std::string& path);

// Reads every file and compares. DATA_LOSS names the first bad file with the
// wanted and the found checksum.
absl::Status VerifySealedFolder(FileSystem& file_system, const std::string& path);

// One file of a sealed folder, checked.
absl::StatusOr<std::string> ReadSealedFile(FileSystem& file_system, const std::string& path, const std::string& name);

// Removes what writers that died left beside sealed folders in `parent`.
absl::Status RemoveUnsealedLeftovers(FileSystem& file_system, const std::string& parent);

}  // namespace facet

#endif  // FACET_BASE_SEALED_FOLDER_H_
