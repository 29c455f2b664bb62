// SPDX-License-Identifier: Apache-2.0
// The JSON header of a safetensors file as plain values.
#ifndef FACET_MODEL_BUNDLE_SAFETENSORS_HEADER_H_
#define FACET_MODEL_BUNDLE_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// What the header says of one tensor, not yet checked against the file.
struct TensorEntry {
  std::string dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0;  // offsets in the bytes after the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads the header in one pass that keeps nothing but its values, so that
// hostile nesting or repetition costs no memory. DATA_LOSS (reason
// BAD_SAFETENSORS): no JSON, an unknown or missing key, a key that comes
// twice, a number that is no natural number.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view json);

}  // namespace facet::model

#endif  // FACET_MODEL_BUNDLE_SAFETENSORS_HEADER_H_
