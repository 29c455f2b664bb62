// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_DROPOUT_H_
#define FACET_MODEL_NN_DROPOUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace facet::model {

// Names the dropout masks of one pass: equal keys give equal masks, on every
// machine, so that nothing has to be saved to repeat a step.
struct DropoutKey {
  uint64_t seed = 0;
  uint64_t pass = 0;  // e.g. the step
};

// `activations` [N, width] with each number zeroed with probability `rate`, in
// [0, 1), and otherwise divided by 1 - rate. `layer` parts the masks of one
// pass. Differentiable. A mask is a pure function of (key, layer, shape).
at::Tensor Dropout(const at::Tensor& activations, double rate, const DropoutKey& key, const std::string& layer);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_DROPOUT_H_
