// SPDX-License-Identifier: Apache-2.0
#include "model/nn/dropout.h"

#include <ATen/ATen.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "model/nn/transfer.h"

namespace facet::model {

at::Tensor Dropout(const at::Tensor& activations, double rate, const DropoutKey& key, const std::string& layer) {
  if (rate <= 0) return activations;
  CounterRandom random(key.seed, absl::StrCat("dropout ", layer), key.pass);
  const double kept = 1.0 / (1.0 - rate);
  const uint64_t threshold = static_cast<uint64_t>(std::llround(rate * 0x1p32));
  at::Tensor mask = at::empty(activations.sizes(), at::kFloat);
  float* data = mask.data_ptr<float>();
  for (int64_t i = 0; i < mask.numel(); ++i) {
    data[i] = random.NextUint32() < threshold ? 0.0f : static_cast<float>(kept);
  }
  return activations * SendTo(activations.device(), mask).to(activations.scalar_type());
}

}  // namespace facet::model
