// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_SAMPLE_H_
#define FACET_CLIENT_CLI_EXPORT_SAMPLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// The form of an exported image.
enum class ExportImage { kPng, kJpeg, kNpy };

// "png", "jpg", "npy": the ending of its files.
std::string Extension(ExportImage image);

// One image of a stream as it is written.
struct ExportSample {
  int64_t number = 0;                // from 0, over the whole export
  std::string image;                 // a file's bytes
  std::vector<std::string> classes;  // heaviest class of each feature, schema order
  std::vector<int> class_index;
  std::string json;  // one line: soft labels, where it came from
};

// The images of a batch, uint8 NHWC with SOFT labels, the first being `number`;
// none of a batch that a filter left empty, and of a `filler`, which another
// rank has.
// DATA_LOSS: pixels, labels and schema do not fit one another.
absl::StatusOr<std::vector<ExportSample>> MakeSamples(const v1::FeatureSchema& schema,
                                                      const v1::StreamBatchesResponse& batch, ExportImage image,
                                                      int64_t number);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_SAMPLE_H_
