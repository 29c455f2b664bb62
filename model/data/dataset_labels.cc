// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset_labels.h"

#include <cstring>

#include "base/sealed_folder.h"
#include "base/status_macros.h"
#include "model/data/dataset.h"
#include "model/data/dataset_manifest.h"
#include "model/data/label_check.h"

namespace facet::model {

absl::StatusOr<DatasetLabels> ReadDatasetLabels(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(const DatasetInfo info, ReadDatasetInfo(file_system, path));
  ASSIGN_OR_RETURN(const std::string bytes, ReadSealedFile(file_system, path, kLabelsFile));
  DatasetLabels labels{info.schema, std::vector<uint16_t>(info.image_count * info.schema.size())};
  if (bytes.size() != labels.classes.size() * sizeof(uint16_t)) {
    return InconsistentDataset(path, "labels.bin has another size than the manifest says");
  }
  std::memcpy(labels.classes.data(), bytes.data(), bytes.size());
  RETURN_IF_ERROR(CheckLabels(info, labels.classes.data(), path));
  return labels;
}

}  // namespace facet::model
