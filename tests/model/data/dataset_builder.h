// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_DATA_DATASET_BUILDER_H_
#define FACET_TESTS_MODEL_DATA_DATASET_BUILDER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "tests/base/status_is.h"

namespace facet::model {

using Labels = std::vector<std::vector<uint16_t>>;

// Every combination of the schema's classes once, the last feature fastest.
inline Labels AllCombinations(const FeatureSchema& schema) {
  Labels all = {{}};
  for (const Feature& feature : schema.features()) {
    Labels longer;
    for (const std::vector<uint16_t>& labels : all) {
      for (size_t c = 0; c < feature.classes.size(); ++c) {
        longer.push_back(labels);
        longer.back().push_back(static_cast<uint16_t>(c));
      }
    }
    all = std::move(longer);
  }
  return all;
}

// Pixels of image `i` of a data set made by WriteDataset.
inline std::vector<uint8_t> PixelsOf(int64_t i, const ImageShape& shape) {
  CounterRandom random(9, "pixels", i);
  std::vector<uint8_t> pixels(shape.samples());
  for (uint8_t& sample : pixels) sample = static_cast<uint8_t>(random.NextUint32());
  return pixels;
}

// Writes a data set with these labels and random pixels.
inline absl::StatusOr<DatasetInfo> WriteDataset(FileSystem* disk, const std::string& path, const FeatureSchema& schema,
                                                const Labels& labels, const ImageShape& shape = {2, 3, 3}) {
  auto writer = DatasetWriter::Create(disk, path, schema, shape);
  if (!writer.ok()) return writer.status();
  for (size_t i = 0; i < labels.size(); ++i) {
    const absl::Status added = (*writer)->Add(PixelsOf(static_cast<int64_t>(i), shape).data(), labels[i]);
    if (!added.ok()) return added;
  }
  return (*writer)->Finish();
}

// The same, opened.
inline std::unique_ptr<Dataset> MakeDataset(const std::string& path, const FeatureSchema& schema,
                                            const Labels& labels) {
  EXPECT_THAT(WriteDataset(FileSystem::Posix(), path, schema, labels), IsOk());
  auto dataset = Dataset::Open(*FileSystem::Posix(), path);
  EXPECT_THAT(dataset, IsOk());
  return dataset.ok() ? *std::move(dataset) : nullptr;
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_DATA_DATASET_BUILDER_H_
