// SPDX-License-Identifier: Apache-2.0
#include "model/train/adam.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace facet::model {

Adam::Adam(NamedTensors parameters, AdamOptions options, const std::string& prefix)
    : parameters_(std::move(parameters)), options_(options) {
  for (const NamedTensor& parameter : parameters_) {
    const at::Tensor zeros = at::zeros_like(parameter.tensor.detach(), at::MemoryFormat::Contiguous);
    state_.push_back({prefix + ".mean." + parameter.name, zeros});
    state_.push_back({prefix + ".square." + parameter.name, zeros.clone()});
  }
}

void Adam::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  ++updates_;
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> means;
  std::vector<at::Tensor> squares;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& gradient = parameters_[i].tensor.grad();
    if (!gradient.defined()) continue;
    parameters.push_back(parameters_[i].tensor);
    // The kernel walks memory: gradients of convolutions may come
    // channels-last.
    gradients.push_back(gradient.contiguous());
    means.push_back(state_[2 * i].tensor);
    squares.push_back(state_[2 * i + 1].tensor);
  }
  if (parameters.empty()) return;
  const at::Tensor updates = at::full({}, updates_, parameters.front().options().requires_grad(false));
  const std::vector<at::Tensor> counts(parameters.size(), updates);
  at::_fused_adam_(parameters, gradients, means, squares, {}, counts, learning_rate, options_.beta1, options_.beta2,
                   options_.weight_decay, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

}  // namespace facet::model
