// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/classifier_training.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/evaluate/classifier_judge.h"
#include "model/nn/classifier.h"
#include "model/nn/device.h"
#include "model/nn/float32_products.h"
#include "model/nn/losses.h"
#include "model/nn/mixed_precision.h"
#include "model/nn/schedule.h"
#include "model/nn/threads.h"
#include "model/nn/torch_wall.h"
#include "model/train/adam.h"
#include "model/train/batch_feed.h"

namespace facet::model {
namespace {

std::vector<int> Taught(const ClassifierShape& shape) {
  std::vector<int> taught;
  for (int f = 0; f < static_cast<int>(shape.classes.size()); ++f) {
    if (shape.has_head(f) && shape.classes[f] >= 2) taught.push_back(f);
  }
  return taught;
}

absl::StatusOr<std::unique_ptr<Judge>> Train(const ClassifierTraining& training, std::unique_ptr<BatchSource> source,
                                             const std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(training.device));
  ConfigureTorch(training.threads);
  Classifier net(training.shape, training.seed);
  net.To(device);
  AdamOptions adam_options;
  adam_options.weight_decay = training.weight_decay;
  Adam adam(net.parameters(), adam_options, "adam");
  const std::vector<int> taught = Taught(training.shape);
  std::vector<double> weights(net.shape().classes.size(), 0.0);
  for (const int feature : taught) weights[feature] = 1.0;

  BatchFeed batches(std::move(source), 0, training.steps, device);
  for (int step = 0; step < training.steps; ++step) {
    if (stop) return absl::CancelledError(absl::StrCat("training of ", training.name, " was stopped"));
    const BatchTensors batch = batches.Next();
    UseFloat32Products(Float32Products::kTf32);
    ClearGradients(net.parameters());
    at::Tensor loss;
    {
      const MixedPrecision precision(device, training.precision);
      const ClassifierOutput output = net.Forward(batch.images, DropoutKey{training.seed, static_cast<uint64_t>(step)});
      loss = WeightedCrossEntropy(output.logits, batch.labels, net.shape().classes, weights);
    }
    if (!std::isfinite(loss.item<double>())) {
      return WithReason(
          absl::DataLossError(absl::StrCat("the loss of ", training.name, " is not finite after step ", step + 1,
                                           ": a lower ", training.rate_option, " helps as a rule")),
          "LOSS_NOT_FINITE");
    }
    loss.backward();
    adam.Step(LearningRate(training.schedule, training.learning_rate, step, training.steps));
    if (training.on_step) training.on_step(step + 1);
  }
  return std::make_unique<ClassifierJudge>(std::move(net), device, taught);
}

}  // namespace

ClassifierShape WithHeadsFor(ClassifierShape shape, const std::vector<int>& features) {
  shape.headless.clear();
  for (int f = 0; f < static_cast<int>(shape.classes.size()); ++f) {
    if (!absl::c_linear_search(features, f)) shape.headless.push_back(f);
  }
  return shape;
}

absl::StatusOr<std::unique_ptr<Judge>> TrainClassifier(const ClassifierTraining& training,
                                                       std::unique_ptr<BatchSource> batches,
                                                       const std::atomic<bool>& stop) {
  return TorchWall(absl::StrCat("training ", training.name), [&] { return Train(training, std::move(batches), stop); });
}

}  // namespace facet::model
