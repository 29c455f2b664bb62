// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_IMPORT_H_
#define FACET_MODEL_DATA_IMPORT_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
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
};

struct ImportResult {
  DatasetInfo info;
  // The first 1000 of them.
  std::vector<v1::DroppedImage> dropped;
  int64_t dropped_count = 0;
};

// Checks what can be checked of a spec without its files: format, sizes,
// colours, rotations. INVALID_ARGUMENT with the field path below the spec.
// UNIMPLEMENTED: KDEF.
absl::Status ValidateImportSpec(const v1::ImportSpec& spec);

// Brings labelled source images into a data set folder. Blocks; uses one
// thread. An image that cannot be decoded is dropped and reported, a file that
// is missing is an error. Unless it returns OK, nothing is left at the target.
//
// INVALID_ARGUMENT names file and line: reason BAD_SOURCE, TOO_FEW_EXAMPLES, or
// EMPTY_DATASET where no image was left. ALREADY_EXISTS: the target. CANCELLED.
// UNIMPLEMENTED: KDEF. Errors of FileSystem.
absl::StatusOr<ImportResult> ImportImages(FileSystem& file_system, const ImportOptions& options);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_IMPORT_H_
