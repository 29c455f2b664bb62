// SPDX-License-Identifier: Apache-2.0
// Weights in float16: half the size on disk. Nothing computes in it.
#ifndef FACET_MODEL_BUNDLE_HALF_WEIGHTS_H_
#define FACET_MODEL_BUNDLE_HALF_WEIGHTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// A safetensors file as `file`, its float32 tensors rounded to float16; others
// stay as they are. DATA_LOSS: `file` is none (BAD_SAFETENSORS).
// FAILED_PRECONDITION (WEIGHT_TOO_LARGE): a number above 65504, which float16
// does not have; the message names the tensor.
absl::StatusOr<std::string> HalveWeights(absl::string_view file);

// The numbers of a float16 tensor; `bytes` may be unaligned.
std::vector<float> WidenHalves(absl::string_view bytes);

}  // namespace facet::model

#endif  // FACET_MODEL_BUNDLE_HALF_WEIGHTS_H_
