// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_IMPORT_H_
#define FACET_MODEL_DATA_IMPORT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/dataset.h"

namespace facet::model {

struct ImportOptions {
  // Folder with the source files.
  std::string source;
  // Folder to make; must not exist.
  std::string target;
  // Format and options as on the wire; `source` and `dataset` are not looked at.
  v1::ImportSpec spec;
  // Looked at between images; CANCELLED soon after it is set. May be null.
  const std::atomic<bool>* cancelled = nullptr;
  // Folders that may have the face cascade; the system's is looked for too.
  std::vector<std::string> cascade_folders;
  // Keeps what was prepared (prepared_pictures.h), so that the same import goes
  // on if it is cut off; who imports removes it. "": nothing is kept. Digits are
  // not prepared.
  std::string prepared_folder;
  // Threads that prepare images; 0: as many as cores.
  int threads = 0;
  // Called after each image with images done, used or not, and images in all;
  // by the thread that imports. May be null.
  std::function<void(int64_t done, int64_t total)> progress;
};

struct ImportResult {
  DatasetInfo info;
  // The first 1000 of them.
  std::vector<v1::DroppedImage> dropped;
  int64_t dropped_count = 0;

  void Drop(const std::string& path, absl::string_view reason);
};

// Checks what can be checked of a spec without its files: format, sizes,
// colours, expressions. INVALID_ARGUMENT with the field path below the spec.
absl::Status ValidateImportSpec(const v1::ImportSpec& spec);

// Brings labelled source images into a data set folder, which depends on
// source and spec alone. Blocks; files are read and written on the caller's
// thread. An image that cannot be decoded is dropped and reported, a file that
// is missing is an error. Unless it returns OK, nothing is left at the target.
//
// INVALID_ARGUMENT names file and line, or the field: reason BAD_SOURCE,
// TOO_FEW_EXAMPLES, TOO_FEW_IMAGES, EMPTY_DATASET where no image was left, and
// those of kdef_import.h. FAILED_PRECONDITION: no face cascade. ALREADY_EXISTS:
// the target. CANCELLED. Errors of FileSystem.
absl::StatusOr<ImportResult> ImportImages(FileSystem& file_system, const ImportOptions& options);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_IMPORT_H_
