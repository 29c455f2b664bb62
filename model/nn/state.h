// SPDX-License-Identifier: Apache-2.0
// Between tensors of LibTorch and tensors of a safetensors file.
#ifndef FACET_MODEL_NN_STATE_H_
#define FACET_MODEL_NN_STATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/bundle/safetensors.h"
#include "model/nn/parameters.h"

namespace facet::model {

// Named tensors as views, for SerializeSafetensors. Tensors that are row-major
// in the machine's memory are viewed where they lie, so they must stay as they
// are while the views are used; others are copied. float32, int64 and uint8.
class StateViews {
 public:
  // May be called for several nets; names are unique over all of them. Throws
  // c10::Error for another type.
  void Add(const NamedTensors& tensors);

  const TensorMap& tensors() const { return views_; }

 private:
  TensorMap views_;
  std::vector<at::Tensor> alive_;
};

// Copies every tensor of `tensors` out of `state`; what else is in `state` is
// ignored. float16 is taken where float32 is needed. No effect on errors.
// DATA_LOSS (reason BAD_WEIGHTS): one is missing, or has another shape or type;
// the message names it.
absl::Status LoadState(const TensorMap& state, const NamedTensors& tensors);

// DATA_LOSS (reason WEIGHTS_NOT_FINITE) names the first tensor that holds a NaN
// or an infinite number.
absl::Status CheckFinite(const NamedTensors& tensors);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_STATE_H_
