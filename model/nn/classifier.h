// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_CLASSIFIER_H_
#define FACET_MODEL_NN_CLASSIFIER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/bundle/safetensors.h"
#include "model/nn/dropout.h"
#include "model/nn/parameters.h"
#include "model/preset/net_shape.h"

namespace facet::model {

struct ClassifierOutput {
  // [N, K] for each feature in schema order, before the softmax; an undefined
  // tensor for a feature without a head.
  std::vector<at::Tensor> logits;
  // [N, C, H, W]: activations of block `feature_loss_block`, before pooling.
  at::Tensor features;
};

// Images -> logits of every feature that has a head: blocks of convolution,
// LeakyReLU, max-pooling and local response normalisation that all features
// share; then, per feature, fully connected layers with LeakyReLU and dropout
// and a last one to its classes.
//
// Weights begin as normal numbers of deviation g / sqrt(fan_in), g^2 = 2 / (1 +
// slope^2), in the last layer of a head g = 1; biases as 0.
//
// Parameters: classifier.block.<i>, classifier.head.<f>.<i> (f as in the
// schema; the last i leads to the classes), each with `.weight` and `.bias`.
//
// Throws as LibTorch does (torch_wall.h). Forward may run in several threads at
// once while no parameter changes. Move-only.
class Classifier {
 public:
  // On the CPU; the weights are a pure function of (shape, seed). `shape` is
  // one that ResolvePreset made.
  Classifier(ClassifierShape shape, uint64_t seed) : Classifier(std::move(shape), std::optional(seed)) {}
  // On the CPU, with the weights in `state`. Errors of LoadState.
  static absl::StatusOr<Classifier> Load(ClassifierShape shape, const TensorMap& state);
  Classifier(Classifier&&) = default;
  Classifier& operator=(Classifier&&) = default;

  // images: [N, 3, S, S] float32, values around [0, 1]. Differentiable in
  // images and parameters. With `dropout`: as in training, hidden activations
  // of the heads are zeroed by chance, the others grown by 1 / (1 - rate).
  ClassifierOutput Forward(const at::Tensor& images, const std::optional<DropoutKey>& dropout = std::nullopt) const;

  // The blocks alone, as far as needed: ClassifierOutput::features.
  at::Tensor Features(const at::Tensor& images) const;

  // What the last layer of each head takes, in schema order: [N,
  // embedding_size()], an undefined tensor for a feature without a head.
  std::vector<at::Tensor> Embed(const at::Tensor& images) const;
  int embedding_size() const;

  // Moves the parameters; handles taken before stay behind.
  void To(c10::Device device, c10::ScalarType type = c10::ScalarType::Float);

  const NamedTensors& parameters() const { return parameters_; }
  const ClassifierShape& shape() const { return shape_; }

 private:
  // Without a seed the weights are unset.
  Classifier(ClassifierShape shape, std::optional<uint64_t> seed);
  at::Tensor Convolve(const at::Tensor& input, size_t block) const;
  // [N, C * H * W]: what the heads take.
  at::Tensor Flat(const at::Tensor& images, at::Tensor* features) const;
  // All of a head's layers but the last, and all.
  at::Tensor Hidden(at::Tensor activations, size_t feature, const std::optional<DropoutKey>& dropout) const;
  at::Tensor Head(const at::Tensor& activations, size_t feature, const std::optional<DropoutKey>& dropout) const;

  ClassifierShape shape_;
  NamedTensors parameters_;          // weight and bias of each layer in turn
  std::vector<size_t> head_starts_;  // each feature's first weight in them
};

}  // namespace facet::model

#endif  // FACET_MODEL_NN_CLASSIFIER_H_
