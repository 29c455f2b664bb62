// SPDX-License-Identifier: Apache-2.0
// Steps of nets of the size of the preset `digits`, and what of a step is the
// optimiser's.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "benchmark/benchmark.h"
#include "model/train/adam.h"
#include "model/train/batch.h"
#include "model/train/cooperative_nets.h"

namespace facet::model {
namespace {

constexpr int kBatch = 64;
constexpr int kSide = 28;

GeneratorShape DigitsGenerator() {
  GeneratorShape shape;
  shape.classes = {10, 3, 4, 100};
  shape.feature_widths = {64, 32, 32, 128};
  shape.joint_widths = {512, 512};
  shape.base_size = 7;
  shape.base_channels = 64;
  shape.layers = {{64, 32, 4, 1, 7, 14}, {32, 3, 4, 1, 14, 28}};
  return shape;
}

ClassifierShape DigitsClassifier() {
  ClassifierShape shape;
  shape.classes = {10, 3, 4, 100};
  shape.headless = {3};
  shape.image_size = kSide;
  shape.blocks = {{3, 16, 5, 2, 2, 0, 0, false, 14}, {16, 32, 3, 1, 1, 2, 2, false, 7}, {32, 64, 3, 1, 1, 3, 2, false, 3}};
  shape.head_widths = {128};
  shape.dropout = 0.5f;
  shape.feature_loss_block = 2;
  return shape;
}

NetPlan DigitsPlan(UpdateRule rule, int classifier_interval) {
  NetPlan plan;
  plan.generator = DigitsGenerator();
  plan.classifier = DigitsClassifier();
  plan.training.steps = 1'000'000;
  plan.training.batch_size = kBatch;
  plan.training.update_rule = rule;
  plan.training.class_weights = {10, 10, 10, 0};
  plan.training.feature_loss_weight = 0.1;
  plan.training.classifier_interval = classifier_interval;
  return plan;
}

Batch RandomBatch(const GeneratorShape& shape) {
  CounterRandom random(1, "bench", 0);
  Batch batch;
  batch.size = kBatch;
  for (int i = 0; i < kBatch * kSide * kSide * 3; ++i) batch.images.push_back(static_cast<float>(random.NextDouble()));
  for (int i = 0; i < kBatch; ++i) {
    for (const int classes : shape.classes) {
      std::vector<float> one_hot(classes);
      one_hot[random.NextBelow(classes)] = 1.0f;
      batch.labels.insert(batch.labels.end(), one_hot.begin(), one_hot.end());
    }
  }
  return batch;
}

void BM_DigitsStep(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const NetPlan plan = DigitsPlan(UpdateRule::kReal, static_cast<int>(state.range(1)));
  CooperativeNets nets(plan, c10::Device(c10::kCPU));
  Batch batch = RandomBatch(plan.generator);
  for (auto _ : state) {
    benchmark::DoNotOptimize(nets.Step(batch));
    ++batch.step;
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_DigitsStep)
    ->ArgNames({"threads", "classifier_interval"})
    ->Args({1, 1})
    ->Args({2, 1})
    ->Args({2, 4})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

NamedTensors ParametersWithGradients() {
  const Generator generator(DigitsGenerator(), 1);
  for (const NamedTensor& parameter : generator.parameters()) {
    parameter.tensor.mutable_grad() = at::ones_like(parameter.tensor);
  }
  return generator.parameters();
}

void BM_FusedAdam(benchmark::State& state) {
  at::set_num_threads(2);
  Adam adam(ParametersWithGradients(), {}, "adam");
  for (auto _ : state) adam.Step(1e-3);
}
BENCHMARK(BM_FusedAdam)->UseRealTime()->Unit(benchmark::kMillisecond);

// The same step as tensor operations: what Adam's fused pass is measured
// against.
void BM_AdamByTensorOperations(benchmark::State& state) {
  at::set_num_threads(2);
  const at::NoGradGuard no_grad;
  const NamedTensors parameters = ParametersWithGradients();
  Adam moments(parameters, {}, "adam");
  for (auto _ : state) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor& gradient = parameters[i].tensor.grad();
      at::Tensor mean = moments.state()[2 * i].tensor;
      at::Tensor square = moments.state()[2 * i + 1].tensor;
      mean.mul_(0.9).add_(gradient, 0.1);
      square.mul_(0.999).addcmul_(gradient, gradient, 0.001);
      at::Tensor parameter = parameters[i].tensor;
      parameter.addcdiv_(mean, square.sqrt().add_(1e-8), -1e-3);
    }
  }
}
BENCHMARK(BM_AdamByTensorOperations)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace facet::model
