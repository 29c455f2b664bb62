// SPDX-License-Identifier: Apache-2.0
#include "model/train/cooperative_nets.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "model/nn/float32_products.h"
#include "model/nn/losses.h"
#include "model/nn/mixed_precision.h"
#include "model/nn/parameters.h"
#include "model/nn/schedule.h"
#include "model/nn/state.h"

namespace facet::model {
namespace {

// The nets must be on their device before optimisers take hold of their
// parameters.
template <typename Net>
Net On(c10::Device device, Net net) {
  net.To(device);
  return net;
}

AdamOptions AdamOf(const TrainingPlan& plan) { return {plan.beta1, plan.beta2, plan.epsilon}; }

}  // namespace

struct CooperativeNets::StepLosses {
  void Add(const char* name, const at::Tensor& loss) {
    if (!loss.defined()) return;
    names.push_back(name);
    values.push_back(loss.detach());
  }
  // One copy from the device for all.
  Losses Read() const {
    Losses losses;
    if (values.empty()) return losses;
    const at::Tensor host = at::stack(values).to(at::kCPU, at::kFloat);
    for (size_t i = 0; i < names.size(); ++i) losses[names[i]] = host.data_ptr<float>()[i];
    return losses;
  }

  std::vector<std::string> names;
  std::vector<at::Tensor> values;
};

CooperativeNets::CooperativeNets(const NetPlan& plan, c10::Device device)
    : plan_(plan.training),
      device_(device),
      generator_(On(device, Generator(plan.generator, plan.training.seed))),
      classifier_(On(device, Classifier(plan.classifier, plan.training.seed))),
      generator_adam_(generator_.parameters(), AdamOf(plan_), "generator_adam"),
      classifier_adam_(classifier_.parameters(), AdamOf(plan_), "classifier_adam") {
  if (plan_.update_rule == UpdateRule::kPixels) plan_.classifier_warmup_steps = 0;
  if (plan_.average_decay > 0) average_.emplace(generator_.parameters(), plan_.average_decay, "average");
}

bool CooperativeNets::ClassifierLearns(int step) const {
  if (plan_.update_rule == UpdateRule::kPixels) return false;
  const int since_warmup = step - plan_.classifier_warmup_steps;
  return since_warmup < 0 || since_warmup % std::max(1, plan_.classifier_interval) == 0;
}

double CooperativeNets::GeneratorRate(int step) const {
  const int warmup = plan_.classifier_warmup_steps;
  if (step < warmup) return 0;
  return LearningRate(plan_.schedule, plan_.learning_rate, step - warmup, plan_.steps - warmup);
}

double CooperativeNets::ClassifierRate(int step) const {
  return LearningRate(plan_.schedule, plan_.classifier_learning_rate, step, plan_.steps);
}

Losses CooperativeNets::Step(const BatchTensors& batch) {
  UseFloat32Products(Float32Products::kTf32);
  const int step = batch.step;
  const UpdateRule rule = plan_.update_rule;
  const bool classifier_learns = ClassifierLearns(step);
  const bool generator_learns = GeneratorLearns(step);
  StepLosses losses;

  at::Tensor synthetic;  // [N, 3, S, S]
  const bool classifier_sees_it = rule == UpdateRule::kJoint || rule == UpdateRule::kBoth;
  if (generator_learns || classifier_sees_it) synthetic = Synthesize(batch, generator_learns);
  if (classifier_learns) {
    losses.Add("classifier", ClassifierLoss(batch, synthetic, step));
    if (rule != UpdateRule::kJoint) classifier_adam_.Step(ClassifierRate(step));
  }
  if (generator_learns) LearnGenerator(batch, synthetic, step, &losses);
  if (classifier_learns && rule == UpdateRule::kJoint) classifier_adam_.Step(ClassifierRate(step));
  return losses.Read();
}

at::Tensor CooperativeNets::Synthesize(const BatchTensors& batch, bool with_gradient) const {
  const at::AutoGradMode mode(with_gradient);
  const MixedPrecision precision(device_, plan_.precision);
  return generator_.Forward(batch.target_labels);
}

std::vector<float> CooperativeNets::Draw(const std::vector<float>& labels, int count) const {
  constexpr int kAtOnce = 8;  // bounds the memory of large nets
  const at::AutoGradMode mode(false);
  UseFloat32Products(Float32Products::kExact);
  // from_blob takes no const pointer; nothing writes to it.
  const at::Tensor all = at::from_blob(const_cast<float*>(labels.data()),
                                       {count, static_cast<int64_t>(labels.size()) / count}, at::kFloat);
  const Generator generator = generator_.With(average_ ? average_->Parameters() : generator_.parameters());
  std::vector<float> pixels;
  for (int begin = 0; begin < count; begin += kAtOnce) {
    const at::Tensor some = all.slice(0, begin, std::min(begin + kAtOnce, count)).to(device_);          // [n, classes]
    const at::Tensor images = generator.Forward(some).permute({0, 2, 3, 1}).to(at::kCPU).contiguous();  // [n, S, S, 3]
    const float* values = images.data_ptr<float>();
    pixels.insert(pixels.end(), values, values + images.numel());
  }
  return pixels;
}

at::Tensor CooperativeNets::ClassifierLoss(const BatchTensors& batch, const at::Tensor& synthetic, int step) {
  at::Tensor images = batch.images;
  at::Tensor labels = batch.labels;
  if (plan_.update_rule == UpdateRule::kJoint) {
    images = synthetic.detach();
    labels = batch.target_labels;
  } else if (plan_.update_rule == UpdateRule::kBoth) {
    images = at::cat({images, synthetic.detach()});
    labels = at::cat({labels, batch.target_labels});
  }
  ClearGradients(classifier_.parameters());
  const DropoutKey dropout{plan_.seed, static_cast<uint64_t>(step)};
  at::Tensor loss;
  {
    const MixedPrecision precision(device_, plan_.precision);
    const ClassifierOutput output = classifier_.Forward(images, dropout);
    loss = WeightedCrossEntropy(output.logits, labels, classifier_.shape().classes, plan_.class_weights);
  }
  if (loss.requires_grad()) loss.backward();
  return loss;
}

void CooperativeNets::LearnGenerator(const BatchTensors& batch, const at::Tensor& synthetic, int step,
                                     StepLosses* losses) {
  ClearGradients(generator_.parameters());
  SetRequiresGrad(classifier_.parameters(), false);
  GeneratorLoss loss;
  {
    const MixedPrecision precision(device_, plan_.precision);
    loss = ComputeGeneratorLoss(classifier_, plan_, synthetic, batch.target, batch.target_labels);
  }
  loss.total.backward();
  SetRequiresGrad(classifier_.parameters(), true);
  generator_adam_.Step(GeneratorRate(step));
  if (average_) average_->Update(generator_.parameters(), generator_adam_.updates());
  losses->Add("pixels", loss.pixels);
  losses->Add("classes", loss.classes);
  losses->Add("features", loss.features);
  losses->Add("generator", loss.total);
}

NamedTensors CooperativeNets::Parameters() const {
  NamedTensors parameters = generator_.parameters();
  parameters.insert(parameters.end(), classifier_.parameters().begin(), classifier_.parameters().end());
  return parameters;
}

// The average begins with them.
void CooperativeNets::ParametersWereSet() {
  if (average_) average_.emplace(generator_.parameters(), plan_.average_decay, "average");
}

NamedTensors CooperativeNets::Weights() const {
  NamedTensors weights = average_ ? average_->Parameters() : generator_.parameters();
  weights.insert(weights.end(), classifier_.parameters().begin(), classifier_.parameters().end());
  return weights;
}

absl::Status CooperativeNets::Restore(const TensorMap& state) {
  const bool has_average = average_ && state.count(average_->state().front().name) > 0;
  RETURN_IF_ERROR(LoadState(state, State(has_average)));
  if (!has_average) ParametersWereSet();
  return absl::OkStatus();
}

NamedTensors CooperativeNets::State(bool with_average) const {
  NamedTensors all = generator_.parameters();
  all.insert(all.end(), classifier_.parameters().begin(), classifier_.parameters().end());
  if (with_average) all.insert(all.end(), average_->state().begin(), average_->state().end());
  for (const Adam* adam : {&generator_adam_, &classifier_adam_}) {
    all.insert(all.end(), adam->state().begin(), adam->state().end());
  }
  return all;
}

}  // namespace facet::model
