// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_IDX_H_
#define FACET_MODEL_DATA_IDX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// An array of bytes from a file in MNIST's IDX format: two bytes 0, one for the
// type (8: unsigned bytes), one for the number of axes, the length of each axis
// as a big-endian uint32, then the values.
struct IdxArray {
  std::vector<int64_t> lengths;
  std::string values;
};

// Reads an IDX file of unsigned bytes with `axes` axes, plain or as gzip.
// INVALID_ARGUMENT: another format, type or number of axes; fewer bytes or more
// than the header says; over 1 GiB.
absl::StatusOr<IdxArray> ParseIdx(absl::string_view file, int axes);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_IDX_H_
