// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_GENERATOR_H_
#define FACET_MODEL_NN_GENERATOR_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "model/bundle/safetensors.h"
#include "model/nn/parameters.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Feature vectors -> images. For each feature f two fully connected layers on
// its slice of the vector; all of them concatenated; the joint layers; a layer
// to base_channels x base_size x base_size; stride-2 transposed convolutions.
// LeakyReLU after each but the last, whose output is linear: pixels are meant
// to be in [0, 1], and clamping is left to whoever shows them. No noise, no
// normalisation, no dropout.
//
// Weights begin as normal numbers of deviation g / sqrt(fan_in), g^2 = 2 / (1 +
// slope^2) (He et al. 2015), biases as 0, except that
//  * the first layer of a feature takes deviation 1: its input is one-hot, so
//    that one weight a unit counts and not fan_in;
//  * fan_in of a transposed convolution is in_channels * kernel^2 / 4, what
//    an output pixel sees at stride 2;
//  * the last layer takes g = 1: it is linear;
//  * with shape.sub_pixel_start the four phases of a transposed convolution
//    (upconv.h) begin alike.
//
// Parameters: generator.feature.<f>.fc1, generator.feature.<f>.fc2,
// generator.joint.<i>, generator.base, generator.up.<i>, each with `.weight` and
// `.bias`. Weights of fully connected layers are [out, in], of transposed
// convolutions [in, out, kernel, kernel].
//
// Throws as LibTorch does (torch_wall.h). Forward may run in several threads at
// once while no parameter changes. Move-only: a copy would share its weights.
class Generator {
 public:
  // On the CPU; the weights are a pure function of (shape, seed). `shape` is
  // one that ResolvePreset made.
  Generator(GeneratorShape shape, uint64_t seed) : Generator(std::move(shape), std::optional(seed)) {}
  // On the CPU, with the weights in `state`. Errors of LoadState.
  static absl::StatusOr<Generator> Load(GeneratorShape shape, const TensorMap& state);
  // A net of this one's shape on other parameters, of the same order and shapes,
  // which it shares.
  Generator With(NamedTensors parameters) const { return Generator(shape_, std::move(parameters), first_up_); }
  Generator(Generator&&) = default;
  Generator& operator=(Generator&&) = default;

  // dense: [N, total_classes] float32 (or the type set by To), features in
  // schema order. Returns [N, 3, S, S], channels-last in memory, unclamped, of
  // the same type, whatever a MixedPrecision does in between;
  // differentiable.
  at::Tensor Forward(const at::Tensor& dense) const;

  // Moves the parameters; handles taken before stay behind.
  void To(c10::Device device, c10::ScalarType type = c10::ScalarType::Float);

  // Everything before the transposed convolutions: [N, base_channels, b, b].
  at::Tensor Base(const at::Tensor& dense) const;
  // Weight and bias of a transposed convolution.
  const at::Tensor& up_weight(size_t layer) const { return parameters_[first_up_ + 2 * layer].tensor; }
  const at::Tensor& up_bias(size_t layer) const { return parameters_[first_up_ + 2 * layer + 1].tensor; }

  const NamedTensors& parameters() const { return parameters_; }
  const GeneratorShape& shape() const { return shape_; }

 private:
  // Without a seed the weights are unset.
  Generator(GeneratorShape shape, std::optional<uint64_t> seed);
  Generator(GeneratorShape shape, NamedTensors parameters, size_t first_up)
      : shape_(std::move(shape)), parameters_(std::move(parameters)), first_up_(first_up) {}
  // The fully connected layer whose weight is parameter `index`, activated.
  at::Tensor Linear(const at::Tensor& input, size_t index) const;

  GeneratorShape shape_;
  NamedTensors parameters_;  // weight and bias of each layer in turn
  size_t first_up_ = 0;      // the first transposed convolution's weight in them
};

}  // namespace facet::model

#endif  // FACET_MODEL_NN_GENERATOR_H_
