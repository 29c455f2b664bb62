// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_PARAMETERS_H_
#define FACET_MODEL_NN_PARAMETERS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace facet::model {

// A learnable tensor under the name it has in a bundle
// (docs/bundle_format.md): row-major float32, a leaf that asks for gradients.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// Of one net, in the order in which they were made, which is fixed by its
// shape. Tensors are handles: copies of the list share them.
using NamedTensors = std::vector<NamedTensor>;

// Appends `name`.weight of `shape` and `name`.bias of [out] to `parameters`, on
// the CPU. The weights are normal numbers of mean 0 and standard deviation
// `deviation`, a pure function of (seed, name, position): the global generator
// of LibTorch plays no part, nor do other parameters, threads or device. The
// biases are 0. Without a seed both are unset.
void AddLayer(const std::string& name, at::IntArrayRef shape, int64_t out, double deviation,
              std::optional<uint64_t> seed, NamedTensors& parameters);

// The same parameters on another device or of another type, leaves again.
void MoveParameters(c10::Device device, c10::ScalarType type, NamedTensors& parameters);

// Whether gradients flow into `parameters`, and into what they are computed
// from: a frozen net still passes gradients on to its input.
void SetRequiresGrad(const NamedTensors& parameters, bool requires_grad);

// Forgets the gradients.
void ClearGradients(const NamedTensors& parameters);

// Bytes of the tensors.
int64_t TotalBytes(const NamedTensors& tensors);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_PARAMETERS_H_
