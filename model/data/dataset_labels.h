// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_DATASET_LABELS_H_
#define FACET_MODEL_DATA_DATASET_LABELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/file_system.h"
#include "model/features/schema.h"

namespace facet::model {

// What the images of a data set show, without their pixels.
struct DatasetLabels {
  FeatureSchema schema;
  // Class indices in [0, classes of the feature), schema.size() an image.
  std::vector<uint16_t> classes;

  int64_t size() const { return static_cast<int64_t>(classes.size()) / schema.size(); }
  // Class index of each feature of image `i`, schema.size() values.
  absl::Span<const uint16_t> labels(int64_t i) const {
    return absl::MakeConstSpan(classes).subspan(i * schema.size(), schema.size());
  }
};

// Reads manifest and labels of a data set's folder and checks them; the pixels
// are not looked at, so that it costs little beside Dataset::Open. DATA_LOSS:
// damaged or inconsistent. NOT_FOUND: no such folder.
absl::StatusOr<DatasetLabels> ReadDatasetLabels(FileSystem& file_system, const std::string& path);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DATASET_LABELS_H_
