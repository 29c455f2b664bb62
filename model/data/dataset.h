// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_DATASET_H_
#define FACET_MODEL_DATA_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/file_system.h"
#include "base/sealed_folder.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"

namespace facet::model {

// What the manifest of a data set says; docs/dataset_format.md.
struct DatasetInfo {
  FeatureSchema schema;
  ImageShape shape;
  int64_t image_count = 0;
  // SHA-256 over schema, shape, labels and pixels, hex.
  std::string fingerprint;
};

// A prepared data set: images of one size as uint8 HWC, one class index a
// feature for each. Immutable; thread-safe. Pixels are mapped, not read: they
// cost no memory until touched.
class Dataset {
 public:
  // Opens the sealed folder. DATA_LOSS: damaged or inconsistent (all checksums
  // are verified once, here). NOT_FOUND: no such folder.
  static absl::StatusOr<std::unique_ptr<Dataset>> Open(FileSystem& file_system, const std::string& path);
  ~Dataset();
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  const DatasetInfo& info() const;
  int64_t size() const { return info().image_count; }
  // Pixels of image `i`, info().shape.samples() bytes, valid while this lives.
  const uint8_t* pixels(int64_t i) const;
  // Class index of each feature of image `i`, schema().size() values.
  absl::Span<const uint16_t> labels(int64_t i) const;

 private:
  struct State;
  explicit Dataset(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Reads the manifest alone: cheap, checks only the manifest's checksum.
absl::StatusOr<DatasetInfo> ReadDatasetInfo(FileSystem& file_system, const std::string& path);

// Writes a data set image by image into a sealed folder. Not thread-safe.
class DatasetWriter {
 public:
  // ALREADY_EXISTS: `path` is there. INVALID_ARGUMENT: no features, or sides
  // not in [1, 16384].
  static absl::StatusOr<std::unique_ptr<DatasetWriter>> Create(FileSystem* file_system, std::string path,
                                                               FeatureSchema schema, ImageShape shape);
  ~DatasetWriter();

  // `pixels` has shape.samples() bytes; `labels` one valid class index a
  // feature (INVALID_ARGUMENT otherwise). Errors of FileSystem are for good.
  absl::Status Add(const uint8_t* pixels, absl::Span<const uint16_t> labels);

  // Images added so far.
  int64_t size() const;

  // Leaves classes that no image has out of the schema, as happens when images
  // had to be dropped; those after them move up.
  void RemoveUnusedClasses();

  // Leaves those of the features `names` out that have one class alone. At least
  // one feature remains: `names` are not all.
  void RemoveConstantFeatures(absl::Span<const std::string> names);

  // Call once. INVALID_ARGUMENT (reason EMPTY_DATASET): nothing was added.
  // Nothing is left on disk unless this returns OK.
  absl::StatusOr<DatasetInfo> Finish();

 private:
  struct State;
  explicit DatasetWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DATASET_H_
