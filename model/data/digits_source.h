// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_DIGITS_SOURCE_H_
#define FACET_MODEL_DATA_DIGITS_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace facet::model {

// Grey pictures of digits in file order.
struct DigitsSource {
  int side = 0;                 // pixels; pictures are square
  std::string pixels;           // side x side bytes each, rows from the top
  std::vector<uint8_t> digits;  // 0 to 9, one a picture

  const uint8_t* picture(int64_t i) const { return reinterpret_cast<const uint8_t*>(pixels.data()) + i * side * side; }
};

// Reads MNIST's files from a folder: the pair `train-images-idx3-ubyte` and
// `train-labels-idx1-ubyte`, the pair `t10k-…`, or both, training first. Each
// may be gzip, with or without `.gz` at the end of its name; `.idx3-ubyte` does
// for `-idx3-ubyte`.
// INVALID_ARGUMENT naming the file: none there, half a pair, damaged, not as
// many labels as images, a label over 9, sides that are not equal or not in
// [8, 1024].
absl::StatusOr<DigitsSource> ReadDigitsSource(FileSystem& file_system, const std::string& source);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DIGITS_SOURCE_H_
