// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_COOPERATIVE_NETS_H_
#define FACET_MODEL_TRAIN_COOPERATIVE_NETS_H_

#include <c10/core/Device.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "model/bundle/safetensors.h"
#include "model/nn/classifier.h"
#include "model/nn/generator.h"
#include "model/nn/moving_average.h"
#include "model/preset/net_shape.h"
#include "model/train/adam.h"
#include "model/train/batch_tensors.h"

namespace facet::model {

// Loss by part, as v1.TrainingProgress names them; parts that the step did not
// compute are absent.
using Losses = std::map<std::string, double>;

// Generator, classifier and their optimisers, one step at a time. A step is a
// pure function of this state, the plan and the batch; its number is the
// batch's. Not thread-safe. Throws as LibTorch does.
//
// What the classifier learns from is the plan's update rule: kReal, real
// images; kBoth, those and the generator's; kJoint, the generator's alone;
// kPixels, nothing, it is not run. It learns first and the generator goes
// through the classifier that comes out, frozen and without dropout; with
// kJoint both move at once, from the weights before the step.
class CooperativeNets {
 public:
  CooperativeNets(const NetPlan& plan, c10::Device device);

  // `batch` is on the nets' device.
  Losses Step(const BatchTensors& batch);

  // What the generator, with what is to be used of it (Weights), draws of `count`
  // dense feature vectors: float32 NHWC, in about [0, 1]. Changes nothing.
  std::vector<float> Draw(const std::vector<float>& labels, int count) const;

  // Rate of the generator in a step (counted from 0): its schedule begins at
  // its own first step, after the classifier's warm-up.
  double GeneratorRate(int step) const;

  const Generator& generator() const { return generator_; }
  const Classifier& classifier() const { return classifier_; }
  Adam& generator_adam() { return generator_adam_; }
  Adam& classifier_adam() { return classifier_adam_; }
  // What is to be used of both nets: the generator's parameters, or their
  // moving average where the plan asks for one, and the classifier's.
  NamedTensors Weights() const;
  // The parameters that are learnt. Who sets them calls ParametersWereSet().
  NamedTensors Parameters() const;
  void ParametersWereSet();
  // Everything that a step changes but the counts of updates.
  NamedTensors WeightsAndMoments() const { return State(average_.has_value()); }
  // Takes all of it out of `state`. An average that is not in it, as in what a
  // run without one has left, begins with the parameters. Errors of LoadState.
  absl::Status Restore(const TensorMap& state);

 private:
  struct StepLosses;

  NamedTensors State(bool with_average) const;
  bool ClassifierLearns(int step) const;
  bool GeneratorLearns(int step) const { return step >= plan_.classifier_warmup_steps; }
  double ClassifierRate(int step) const;
  at::Tensor Synthesize(const BatchTensors& batch, bool with_gradient) const;
  // Leaves gradients in the classifier's parameters.
  at::Tensor ClassifierLoss(const BatchTensors& batch, const at::Tensor& synthetic, int step);
  void LearnGenerator(const BatchTensors& batch, const at::Tensor& synthetic, int step, StepLosses* losses);

  TrainingPlan plan_;
  c10::Device device_;
  Generator generator_;
  Classifier classifier_;
  Adam generator_adam_;
  Adam classifier_adam_;
  std::optional<MovingAverage> average_;  // of the generator; none: the plan asks for none
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_COOPERATIVE_NETS_H_
