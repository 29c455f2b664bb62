// SPDX-License-Identifier: Apache-2.0
// The safetensors format (github.com/huggingface/safetensors): 8 bytes of
// header length, a JSON header, the tensors' bytes. No code in it, one read.
#ifndef FACET_MODEL_BUNDLE_SAFETENSORS_H_
#define FACET_MODEL_BUNDLE_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

enum class TensorType { kFloat32, kFloat16, kInt64, kUint8 };

// A tensor that lies in somebody else's memory: row-major, little-endian.
struct TensorView {
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape;
  absl::string_view bytes;
};

using TensorMap = std::map<std::string, TensorView>;

// `metadata` goes to the header's `__metadata__`.
std::string SerializeSafetensors(const TensorMap& tensors, const std::map<std::string, std::string>& metadata);

// Views into `file`, which must outlive them. DATA_LOSS (reason
// BAD_SAFETENSORS) says what is wrong: a header that is no JSON or too long,
// an unknown type, offsets that overlap, leave gaps or pass the end.
absl::StatusOr<TensorMap> ParseSafetensors(absl::string_view file);

}  // namespace facet::model

#endif  // FACET_MODEL_BUNDLE_SAFETENSORS_H_
