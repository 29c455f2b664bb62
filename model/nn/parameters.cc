// SPDX-License-Identifier: Apache-2.0
#include "model/nn/parameters.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/random.h"

namespace facet::model {
namespace {

// Numbers that one counter stream fills, so that threads share the work and
// the result does not depend on how many there are.
constexpr int64_t kBlock = 8192;

at::Tensor Normal(const std::string& name, at::IntArrayRef shape, double deviation, uint64_t seed) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* data = tensor.data_ptr<float>();
  const int64_t size = tensor.numel();
  at::parallel_for(0, (size + kBlock - 1) / kBlock, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      CounterRandom random(seed, name, static_cast<uint64_t>(block));
      const int64_t stop = std::min(size, (block + 1) * kBlock);
      for (int64_t i = block * kBlock; i < stop; ++i) {
        data[i] = static_cast<float>(deviation * random.NextNormal());
      }
    }
  });
  return tensor;
}

void Add(std::string name, const at::Tensor& tensor, NamedTensors& parameters) {
  parameters.push_back({std::move(name), tensor.requires_grad_()});
}

}  // namespace

void AddLayer(const std::string& name, at::IntArrayRef shape, int64_t out, double deviation,
              std::optional<uint64_t> seed, NamedTensors& parameters) {
  const std::string weight = absl::StrCat(name, ".weight");
  Add(weight, seed ? Normal(weight, shape, deviation, *seed) : at::empty(shape, at::kFloat), parameters);
  Add(absl::StrCat(name, ".bias"), seed ? at::zeros({out}, at::kFloat) : at::empty({out}, at::kFloat), parameters);
}

void MoveParameters(c10::Device device, c10::ScalarType type, NamedTensors& parameters) {
  for (NamedTensor& parameter : parameters) {
    const bool learns = parameter.tensor.requires_grad();
    parameter.tensor = parameter.tensor.detach().to(device, type).requires_grad_(learns);
  }
}

void SetRequiresGrad(const NamedTensors& parameters, bool requires_grad) {
  for (const NamedTensor& parameter : parameters) parameter.tensor.requires_grad_(requires_grad);
}

void ClearGradients(const NamedTensors& parameters) {
  for (const NamedTensor& parameter : parameters) parameter.tensor.mutable_grad() = at::Tensor();
}

int64_t TotalBytes(const NamedTensors& tensors) {
  int64_t bytes = 0;
  for (const NamedTensor& named : tensors) bytes += static_cast<int64_t>(named.tensor.nbytes());
  return bytes;
}

}  // namespace facet::model
