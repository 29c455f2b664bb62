// SPDX-License-Identifier: Apache-2.0
#include "model/nn/upconv.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/nn/mixed_precision.h"
#include "model/nn/phase_interleave.h"

namespace facet::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

// Rows of the kernel of phase `parity`.
int64_t PhaseRows(int64_t kernel, int64_t parity) { return (kernel - parity + 1) / 2; }

// [in, out, k, k] -> [out, in, rows, columns]: the flipped kernel of the phase
// of row parity r and column parity s.
at::Tensor PhaseKernel(const at::Tensor& weight, int64_t r, int64_t s) {
  return weight.slice(2, r, c10::nullopt, 2).slice(3, s, c10::nullopt, 2).flip({2, 3}).transpose(0, 1);
}

// Four kernels; for even k one, [4 * out, in, k / 2, k / 2].
std::vector<at::Tensor> PhaseKernels(const at::Tensor& weight) {
  std::vector<at::Tensor> kernels;
  for (int64_t phase = 0; phase < 4; ++phase) kernels.push_back(PhaseKernel(weight, phase / 2, phase % 2));
  if (weight.size(2) % 2 == 0) kernels = {at::cat(kernels, 0)};
  for (at::Tensor& kernel : kernels) kernel = kernel.contiguous(kChannelsLast);
  return kernels;
}

at::Tensor FromPhases(const at::Tensor& input, const std::vector<at::Tensor>& kernels, const at::Tensor& bias,
                      int64_t kernel, int64_t padding) {
  Phases phases;
  phases.padding = padding;
  for (size_t phase = 0; phase < kernels.size(); ++phase) {
    const int64_t halo_h = PhaseRows(kernel, static_cast<int64_t>(phase) / 2) - 1;
    const int64_t halo_w = PhaseRows(kernel, static_cast<int64_t>(phase) % 2) - 1;
    const at::Tensor part_bias = kernels.size() == 1 ? bias.repeat({4}) : bias;
    phases.parts.push_back(at::conv2d(input, kernels[phase], part_bias, 1, {halo_h, halo_w}));
  }
  const int64_t grown = kernel - 2 * padding - 2;
  return Interleave(phases, 2 * input.size(2) + grown, 2 * input.size(3) + grown);
}

at::Tensor Transposed(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, int64_t padding) {
  return at::conv_transpose2d(input, weight, bias, 2, padding).contiguous(kChannelsLast);
}

// Phases forward. Backward, LibTorch's own gradient of a transposed
// convolution: it is a plain stride-2 convolution, where phases gain nothing.
class PhaseUpconv : public torch::autograd::Function<PhaseUpconv> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, int64_t padding) {
    context->save_for_backward({input, weight});
    context->saved_data["padding"] = padding;
    return FromPhases(input, PhaseKernels(weight), bias, weight.size(2), padding);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const int64_t padding = context->saved_data["padding"].toInt();
    const at::Tensor gradient = gradients[0].contiguous(kChannelsLast);
    auto [input, weight, bias] = at::convolution_backward(
        gradient, saved[0], saved[1], at::IntArrayRef{saved[1].size(1)}, {2, 2}, {padding, padding}, {1, 1},
        /*transposed=*/true, {0, 0}, /*groups=*/1,
        {context->needs_input_grad(0), context->needs_input_grad(1), context->needs_input_grad(2)});
    return {input, weight, bias, at::Tensor()};
  }
};

}  // namespace

at::Tensor Upconv(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, int padding,
                  UpconvMethod method) {
  const at::Tensor x = ToFactor(input).contiguous(kChannelsLast);
  if (method == UpconvMethod::kTransposed || !x.is_cpu()) return Transposed(x, weight, bias, padding);
  return PhaseUpconv::apply(x, ToFactor(weight), ToFactor(bias), int64_t{padding});
}

UpconvMethod FasterUpconv(const UpconvShape& shape) {
  // LibTorch's kernel wastes work on odd kernels, and vector lanes on few
  // output channels; of the rest it makes as much as can be made.
  constexpr int kFewChannels = 16;
  const bool phases = shape.kernel % 2 == 1 || shape.out_channels <= kFewChannels;
  return phases ? UpconvMethod::kPhases : UpconvMethod::kTransposed;
}

PreparedUpconv::PreparedUpconv(const at::Tensor& weight, const at::Tensor& bias, int padding, UpconvMethod method)
    : method_(weight.is_cpu() ? method : UpconvMethod::kTransposed),
      kernel_(static_cast<int>(weight.size(2))),
      padding_(padding),
      bias_(bias.detach()) {
  const at::NoGradGuard no_grad;
  if (method_ == UpconvMethod::kTransposed) {
    kernels_ = {weight.detach().clone(kChannelsLast)};
  } else {
    kernels_ = PhaseKernels(weight.detach());
  }
}

at::Tensor PreparedUpconv::Forward(const at::Tensor& input) const {
  const at::NoGradGuard no_grad;
  const at::Tensor x = input.contiguous(kChannelsLast);
  if (method_ == UpconvMethod::kTransposed) return Transposed(x, kernels_[0], bias_, padding_);
  return FromPhases(x, kernels_, bias_, kernel_, padding_);
}

}  // namespace facet::model
