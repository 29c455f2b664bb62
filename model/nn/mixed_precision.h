// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_MIXED_PRECISION_H_
#define FACET_MODEL_NN_MIXED_PRECISION_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/preset/net_shape.h"

namespace facet::model {

// Whether the nets gain by numbers of bfloat16 on the device: on an x86
// processor with AVX-512 BF16, which those with AMX have. Not on a GPU, where
// products take TF32 as it is (docs/benchmarks/gpu.md).
bool HasBfloat16Units(c10::Device device);

// While one lives with Precision::kMixed, for a device that has such units, the
// matrix products and convolutions of this thread on it take their factors in
// bfloat16 and sum up in float32 (LibTorch's autocast); else all is float32.
// What is between them comes in either type; sums over many numbers want ToFloat
// first. One for each forward pass: a weight's copy in 16 bits is kept until the
// outermost of this thread ends, whatever happens to the weight. Backward needs
// none: it computes in the types of the forward pass. One inside another, of
// any precision, holds until it ends.
class MixedPrecision {
 public:
  MixedPrecision(c10::Device device, Precision precision);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  const c10::DeviceType type_;
  const bool was_on_;
};

// `tensor` as the products of the scope at hand take their factors: itself where
// there is none.
at::Tensor ToFactor(const at::Tensor& tensor);

// float32 of bfloat16; anything else stays as it is.
at::Tensor ToFloat(const at::Tensor& tensor);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_MIXED_PRECISION_H_
