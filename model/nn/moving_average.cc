// SPDX-License-Identifier: Apache-2.0
#include "model/nn/moving_average.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace facet::model {

MovingAverage::MovingAverage(const NamedTensors& parameters, double decay, absl::string_view prefix)
    : decay_(decay), prefix_length_(prefix.size() + 1) {
  for (const NamedTensor& parameter : parameters) {
    state_.push_back({absl::StrCat(prefix, ".", parameter.name), parameter.tensor.detach().clone()});
  }
}

void MovingAverage::Update(const NamedTensors& parameters, int updates) {
  const at::NoGradGuard no_grad;
  const double decay = std::min(decay_, (1.0 + updates) / (10.0 + updates));
  for (size_t i = 0; i < state_.size(); ++i) state_[i].tensor.lerp_(parameters[i].tensor, 1.0 - decay);
}

NamedTensors MovingAverage::Parameters() const {
  NamedTensors parameters = state_;
  for (NamedTensor& parameter : parameters) parameter.name.erase(0, prefix_length_);
  return parameters;
}

}  // namespace facet::model
