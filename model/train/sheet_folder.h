// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_SHEET_FOLDER_H_
#define FACET_MODEL_TRAIN_SHEET_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "model/image/pixels.h"

namespace facet::model {

// Sheets of samples that are kept besides those of the checkpoints there are.
inline constexpr int kSheetsKept = 20;

// The sheets of samples that a run leaves, `<folder>/<step, nine digits>.png`.
// Not thread-safe.
class SheetFolder {
 public:
  // `file_system` outlives this; the folder need not be there.
  SheetFolder(FileSystem* file_system, std::string folder);

  // Steps of all sheets, ascending.
  absl::StatusOr<std::vector<int>> Steps() const;
  // Of the step, or of its file, as it is. NOT_FOUND: there is none. Read also
  // INVALID_ARGUMENT (reason BAD_IMAGE): it is damaged.
  absl::StatusOr<std::string> ReadPng(int step) const;
  absl::StatusOr<Image> Read(int step) const;
  // Makes the folder where there is none.
  absl::Status Write(int step, const Image& sheet);
  // Leaves the first, the newest, those of `steps`, which ascend, and so many
  // between that there are kSheetsKept, spread over the run as evenly as can be.
  absl::Status Thin(const std::vector<int>& steps);

 private:
  std::string PathOf(int step) const;

  FileSystem* file_system_;
  std::string folder_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_SHEET_FOLDER_H_
