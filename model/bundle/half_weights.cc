// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/half_weights.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/float16.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"

namespace facet::model {
namespace {

constexpr uint16_t kInfinity = 0x7c00;

absl::StatusOr<std::string> Halve(const std::string& name, absl::string_view bytes) {
  std::string halves(bytes.size() / 2, '\0');
  for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    float value;
    std::memcpy(&value, bytes.data() + i * sizeof(value), sizeof(value));
    const uint16_t half = ToFloat16(value);
    if ((half & 0x7fff) == kInfinity && std::isfinite(value)) {
      return WithReason(absl::FailedPreconditionError(absl::StrCat("tensor '", name, "' holds ", value,
                                                                   ", which is too large for float16: keep float32")),
                        "WEIGHT_TOO_LARGE");
    }
    std::memcpy(halves.data() + i * sizeof(half), &half, sizeof(half));
  }
  return halves;
}

}  // namespace

absl::StatusOr<std::string> HalveWeights(absl::string_view file) {
  ASSIGN_OR_RETURN(TensorMap tensors, ParseSafetensors(file));
  std::deque<std::string> alive;
  for (auto& [name, view] : tensors) {
    if (view.type != TensorType::kFloat32) continue;
    ASSIGN_OR_RETURN(alive.emplace_back(), Halve(name, view.bytes));
    view.type = TensorType::kFloat16;
    view.bytes = alive.back();
  }
  return SerializeSafetensors(tensors, {});
}

std::vector<float> WidenHalves(absl::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(uint16_t));
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half;
    std::memcpy(&half, bytes.data() + i * sizeof(half), sizeof(half));
    values[i] = FromFloat16(half);
  }
  return values;
}

}  // namespace facet::model
