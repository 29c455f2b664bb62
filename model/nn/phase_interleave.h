// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_PHASE_INTERLEAVE_H_
#define FACET_MODEL_NN_PHASE_INTERLEAVE_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace facet::model {

// The four phases of an image [N, C, H, W]: phase 2 r + s has what lies in rows
// of parity r and columns of parity s before `padding` is cut off each edge.
// Given as four tensors [N, C, h, w], sides of parity 0 at least as long as
// those of parity 1; or as one, [N, 4 C, h, w], phase by phase. On the CPU.
struct Phases {
  std::vector<at::Tensor> parts;  // 1 or 4
  int64_t padding = 0;
};

// The image, channels-last. One pass over memory. No gradients.
at::Tensor Interleave(const Phases& phases, int64_t height, int64_t width);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_PHASE_INTERLEAVE_H_
