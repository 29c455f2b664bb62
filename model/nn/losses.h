// SPDX-License-Identifier: Apache-2.0
// Losses of both nets, as docs/presets.md writes them. All are scalars (shape
// []), differentiable, means over the N images of a batch. They throw as
// LibTorch does.
#ifndef FACET_MODEL_NN_LOSSES_H_
#define FACET_MODEL_NN_LOSSES_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/types/span.h"
#include "model/nn/classifier.h"

namespace facet::model {

// Distance of pixels as v1.PixelDistance writes it, summed over channels and
// pixels. Both [N, 3, S, S].
at::Tensor PixelLoss(const at::Tensor& synthetic, const at::Tensor& real,
                     PixelDistance distance = PixelDistance::kSquared);

// Squared distance of activations, summed over all axes but the first; no
// gradient flows into `real`. Both [N, C, H, W].
at::Tensor FeatureLoss(const at::Tensor& synthetic, const at::Tensor& real);

// Equation 1: sum over features f of weights[f] * (- sum over classes j of
// target[j] * log softmax(logits[f])[j]). `targets` is [N, total_classes],
// laid out like a dense feature vector; `classes` gives K of each feature.
// Features without logits or with weight 0 are left out; if all are, the
// result is a constant 0.
at::Tensor WeightedCrossEntropy(const std::vector<at::Tensor>& logits, const at::Tensor& targets,
                                absl::Span<const int> classes, absl::Span<const double> weights);

// Equation 2 with the feature loss, by part.
struct GeneratorLoss {
  at::Tensor pixels;    // PixelLoss
  at::Tensor classes;   // WeightedCrossEntropy; undefined if not computed
  at::Tensor features;  // FeatureLoss; undefined if its weight is 0
  // pixel_weight * pixels + classes + feature_loss_weight * features
  at::Tensor total;
};

// Loss of synthetic images against `real` ones, both [N, 3, S, S], whose feature
// vectors are `targets`, through `classifier`, without dropout. Gradients flow
// into the classifier's parameters unless these are frozen (SetRequiresGrad).
// With kPixels the classifier is not run.
GeneratorLoss ComputeGeneratorLoss(const Classifier& classifier, const TrainingPlan& plan, const at::Tensor& synthetic,
                                   const at::Tensor& real, const at::Tensor& targets);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_LOSSES_H_
