// SPDX-License-Identifier: Apache-2.0
// Stride-2 transposed convolution by its four phases.
//
// With y + p = 2 i + u for output row y, input row i and kernel row u, the rows
// whose y + p has parity r use only the kernel rows u = 2 j + r: an ordinary
// convolution of the input with a kernel of ceil((k - r) / 2) rows, flipped.
// Likewise columns. Four such convolutions, outputs interleaved and p cut off
// at each edge, are the transposed convolution, with no multiplication wasted.
// For even k the four have one size and are a single convolution with 4 times
// the channels and a pixel shuffle.
#ifndef FACET_MODEL_NN_UPCONV_H_
#define FACET_MODEL_NN_UPCONV_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/preset/net_shape.h"

namespace facet::model {

// How a layer is computed. All give the same numbers to rounding.
enum class UpconvMethod {
  kTransposed,  // LibTorch's transposed convolution
  kPhases,      // phases, on the CPU; elsewhere as kTransposed
};

// out = [N, out, S, S], S = 2 (size - 1) + k - 2 padding, channels-last, from
// input [N, in, size, size] in any layout, weight [in, out, k, k] and bias [out].
// k is at least 2, padding below k. Differentiable in all three; the gradients
// are LibTorch's own in either method, for backwards it is an ordinary
// convolution. Throws as LibTorch does.
at::Tensor Upconv(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, int padding,
                  UpconvMethod method);

// The faster method on the CPU, as upconv_bench measured it: phases for odd
// kernels and for few output channels. A function of the shape alone, and not
// measured on the spot, so that runs repeat bit for bit.
UpconvMethod FasterUpconv(const UpconvShape& shape);

// One layer with its weights rearranged once, for inference: immutable,
// thread-safe, without gradients.
class PreparedUpconv {
 public:
  PreparedUpconv(const at::Tensor& weight, const at::Tensor& bias, int padding, UpconvMethod method);

  // As Upconv.
  at::Tensor Forward(const at::Tensor& input) const;

 private:
  UpconvMethod method_;
  int kernel_;
  int padding_;
  at::Tensor bias_;
  std::vector<at::Tensor> kernels_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_NN_UPCONV_H_
