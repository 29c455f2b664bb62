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

// A whole file; `metadata` goes to the header's `__metadata__`. Each view's
// bytes must be as many as its type and shape say. The header is padded to 8
// bytes and large elements come first, so that tensors are aligned in a file
// that is.
std::string SerializeSafetensors(const TensorMap& tensors, const std::map<std::string, std::string>& metadata);

// Views into `file`, which must outlive them; in a file of another writer they
// may be unaligned. DATA_LOSS (reason BAD_SAFETENSORS) says what is wrong: a
// header that is no JSON or longer than 100 MB, an unknown type, offsets that
// overlap, leave gaps or pass the end. Never reads outside `file`.
absl::StatusOr<TensorMap> ParseSafetensors(absl::string_view file);

}  // namespace facet::model

#endif  // FACET_MODEL_BUNDLE_SAFETENSORS_H_
