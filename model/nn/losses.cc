// SPDX-License-Identifier: Apache-2.0
#include "model/nn/losses.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "model/nn/mixed_precision.h"

namespace facet::model {
namespace {

// How far from 0 Charbonnier's distance is round, as v1.PixelDistance says.
constexpr double kRounding = 0.001;

at::Tensor SquaredDistance(const at::Tensor& a, const at::Tensor& b) {
  return (ToFloat(a) - ToFloat(b)).square().sum() / a.size(0);
}

}  // namespace

at::Tensor PixelLoss(const at::Tensor& synthetic, const at::Tensor& real, PixelDistance distance) {
  switch (distance) {
    case PixelDistance::kAbsolute:
      return (synthetic - real).abs().sum() / real.size(0);
    case PixelDistance::kCharbonnier: {
      const at::Tensor squared = (synthetic - real).square();
      return ((squared + kRounding * kRounding).sqrt() - kRounding).sum() / real.size(0);
    }
    case PixelDistance::kSquared:
      break;
  }
  return SquaredDistance(synthetic, real);
}

at::Tensor FeatureLoss(const at::Tensor& synthetic, const at::Tensor& real) {
  return SquaredDistance(synthetic, real.detach());
}

at::Tensor WeightedCrossEntropy(const std::vector<at::Tensor>& logits, const at::Tensor& targets,
                                absl::Span<const int> classes, absl::Span<const double> weights) {
  at::Tensor total = at::zeros({}, targets.options());
  int64_t offset = 0;
  for (size_t f = 0; f < classes.size(); ++f) {
    const at::Tensor target = targets.narrow(1, offset, classes[f]);  // [N, K]
    offset += classes[f];
    if (weights[f] == 0 || !logits[f].defined()) continue;
    const at::Tensor log_probability = at::log_softmax(ToFloat(logits[f]), 1);
    total = total - weights[f] * (target * log_probability).sum() / target.size(0);
  }
  return total;
}

GeneratorLoss ComputeGeneratorLoss(const Classifier& classifier, const TrainingPlan& plan, const at::Tensor& synthetic,
                                   const at::Tensor& real, const at::Tensor& targets) {
  GeneratorLoss loss;
  loss.pixels = PixelLoss(synthetic, real, plan.pixel_distance);
  loss.total = plan.pixel_weight * loss.pixels;
  if (plan.update_rule == UpdateRule::kPixels) return loss;
  const ClassifierOutput output = classifier.Forward(synthetic);
  loss.classes = WeightedCrossEntropy(output.logits, targets, classifier.shape().classes, plan.class_weights);
  loss.total = loss.total + loss.classes;
  if (plan.feature_loss_weight == 0) return loss;
  at::Tensor real_features;
  {
    const at::NoGradGuard no_grad;
    real_features = classifier.Features(real);
  }
  loss.features = FeatureLoss(output.features, real_features);
  loss.total = loss.total + plan.feature_loss_weight * loss.features;
  return loss;
}

}  // namespace facet::model
