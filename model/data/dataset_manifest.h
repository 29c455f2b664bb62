// SPDX-License-Identifier: Apache-2.0
// manifest.json of a data set: its text, its checks, its fingerprint.
// docs/dataset_format.md is the reference.
#ifndef FACET_MODEL_DATA_DATASET_MANIFEST_H_
#define FACET_MODEL_DATA_DATASET_MANIFEST_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/data/dataset.h"

namespace facet::model {

inline constexpr int kDatasetFormatVersion = 1;
inline constexpr char kManifestFile[] = "manifest.json";
inline constexpr char kImagesFile[] = "images.bin";
inline constexpr char kLabelsFile[] = "labels.bin";

// INVALID_ARGUMENT: sides not in [1, 16384] or channels not in [1, 4].
absl::Status ValidateImageShape(const ImageShape& shape);

std::string DatasetManifestToJson(const DatasetInfo& info);

// Any text at all gives a data set that can be, or DATA_LOSS (reason
// BAD_MANIFEST) that says what is wrong; a newer format version is named.
absl::StatusOr<DatasetInfo> DatasetManifestFromJson(absl::string_view json);

// SHA-256, hex, over everything but `info.fingerprint`: schema, shape, count,
// and labels and pixels by the digests of their files.
std::string DatasetFingerprint(const DatasetInfo& info, absl::string_view labels_digest,
                               absl::string_view images_digest);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DATASET_MANIFEST_H_
