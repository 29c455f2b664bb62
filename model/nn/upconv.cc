// SPDX-License-Identifier: Apache-2.0
#include "model/nn/upconv.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace facet::model {
namespace {

constexpr at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

// Rows of the kernel of phase `parity`.
int64_t PhaseRows(int64_t kernel, int64_t parity) { return (kernel - parity + 1) / 2; }

// [in, out, k, k] -> [out, in, rows, columns]: the flipped kernel of the phase
// of row parity r and column parity s.
at::Tensor PhaseKernel(const at::Tensor& weight, int64_t r, int64_t s) {
  return weight.slice(2, r, c10::nullopt, 2).slice(3, s, c10::nullopt, 2).flip({2, 3}).transpose(0, 1);
}

// Even k: [4 * out, in, k / 2, k / 2], the phases of one output channel next to
// each other, as the pixel shuffle wants them.
at::Tensor FusedKernel(const at::Tensor& weight) {
  const at::Tensor phases = at::stack({PhaseKernel(weight, 0, 0), PhaseKernel(weight, 0, 1),
                                       PhaseKernel(weight, 1, 0), PhaseKernel(weight, 1, 1)},
                                      1);  // [out, 4, in, k / 2, k / 2]
  return phases.flatten(0, 1).contiguous(kChannelsLast);
}

std::vector<at::Tensor> PhaseKernels(const at::Tensor& weight) {
  if (weight.size(2) % 2 == 0) return {FusedKernel(weight)};
  std::vector<at::Tensor> kernels;
  for (int64_t phase = 0; phase < 4; ++phase) {
    kernels.push_back(PhaseKernel(weight, phase / 2, phase % 2).contiguous(kChannelsLast));
  }
  return kernels;
}

// Cuts `padding` off each edge.
at::Tensor Crop(const at::Tensor& x, int64_t padding) {
  if (padding == 0) return x;
  return x.narrow(2, padding, x.size(2) - 2 * padding).narrow(3, padding, x.size(3) - 2 * padding);
}

at::Tensor EvenPhases(const at::Tensor& input, const at::Tensor& kernel, const at::Tensor& bias,
                      int64_t padding) {
  const int64_t halo = kernel.size(2) - 1;
  const at::Tensor phases = at::conv2d(input, kernel, bias.repeat_interleave(4), 1, halo);
  return Crop(at::pixel_shuffle(phases, 2), padding).contiguous(kChannelsLast);
}

// Output index z - padding of full index z = 2 m + parity; the first m whose
// output is not cut off.
int64_t FirstKept(int64_t padding, int64_t parity) { return (padding - parity + 1) / 2; }

at::Tensor OddPhases(const at::Tensor& input, const std::vector<at::Tensor>& kernels, const at::Tensor& bias,
                     int64_t kernel, int64_t padding) {
  const int64_t side_h = 2 * (input.size(2) - 1) + kernel - 2 * padding;
  const int64_t side_w = 2 * (input.size(3) - 1) + kernel - 2 * padding;
  at::Tensor output =
      at::empty({input.size(0), bias.size(0), side_h, side_w}, input.options(), kChannelsLast);
  for (int64_t phase = 0; phase < 4; ++phase) {
    const int64_t r = phase / 2;
    const int64_t s = phase % 2;
    const at::Tensor part =
        at::conv2d(input, kernels[phase], bias, 1, {PhaseRows(kernel, r) - 1, PhaseRows(kernel, s) - 1});
    const int64_t m = FirstKept(padding, r);
    const int64_t n = FirstKept(padding, s);
    at::Tensor target =
        output.slice(2, 2 * m + r - padding, c10::nullopt, 2).slice(3, 2 * n + s - padding, c10::nullopt, 2);
    target.copy_(part.narrow(2, m, target.size(2)).narrow(3, n, target.size(3)));
  }
  return output;
}

at::Tensor FromPhases(const at::Tensor& input, const std::vector<at::Tensor>& kernels, const at::Tensor& bias,
                      int64_t kernel, int64_t padding) {
  return kernels.size() == 1 ? EvenPhases(input, kernels[0], bias, padding)
                             : OddPhases(input, kernels, bias, kernel, padding);
}

at::Tensor Transposed(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                      int64_t padding) {
  return at::conv_transpose2d(input, weight, bias, 2, padding).contiguous(kChannelsLast);
}

}  // namespace

at::Tensor Upconv(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, int padding,
                  UpconvMethod method) {
  const at::Tensor x = input.contiguous(kChannelsLast);
  if (method == UpconvMethod::kTransposed) return Transposed(x, weight, bias, padding);
  return FromPhases(x, PhaseKernels(weight), bias, weight.size(2), padding);
}

UpconvMethod FasterUpconv(const UpconvShape&) { return UpconvMethod::kTransposed; }

PreparedUpconv::PreparedUpconv(const at::Tensor& weight, const at::Tensor& bias, int padding,
                               UpconvMethod method)
    : method_(method), kernel_(static_cast<int>(weight.size(2))), padding_(padding), bias_(bias.detach()) {
  const at::NoGradGuard no_grad;
  if (method == UpconvMethod::kTransposed) {
    kernels_ = {weight.detach().contiguous(kChannelsLast)};
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

UpconvMethod PreparedUpconv::Faster(const UpconvShape&) { return UpconvMethod::kTransposed; }

}  // namespace facet::model
