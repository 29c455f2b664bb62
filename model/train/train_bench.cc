// SPDX-License-Identifier: Apache-2.0
// Steps of the presets that train on a CPU, and what of a step is the
// optimiser's. bench/train_step compares them with PyTorch.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "benchmark/benchmark.h"
#include "model/train/adam.h"
#include "model/train/batch.h"
#include "model/train/bench_plans.h"
#include "model/train/cooperative_nets.h"

namespace facet::model {
namespace {

Batch RandomBatch(const NetPlan& plan) {
  const int side = plan.generator.image_size();
  CounterRandom random(1, "bench", 0);
  Batch batch;
  batch.size = plan.training.batch_size;
  for (int i = 0; i < batch.size * side * side * 3; ++i) {
    batch.images.push_back(static_cast<float>(random.NextDouble()));
  }
  for (int i = 0; i < batch.size; ++i) {
    for (const int classes : plan.generator.classes) {
      std::vector<float> one_hot(classes);
      one_hot[random.NextBelow(classes)] = 1.0f;
      batch.labels.insert(batch.labels.end(), one_hot.begin(), one_hot.end());
    }
  }
  return batch;
}

// Steps of both nets past the classifier's warm-up, data at hand. `threads` 0:
// as many as LibTorch chooses.
void BM_Step(benchmark::State& state, const char* preset) {
  if (state.range(0) > 0) at::set_num_threads(static_cast<int>(state.range(0)));
  const NetPlan plan = BenchPlan(preset);
  CooperativeNets nets(plan, c10::Device(c10::kCPU));
  Batch batch = RandomBatch(plan);
  batch.step = plan.training.classifier_warmup_steps;
  for (auto _ : state) {
    benchmark::DoNotOptimize(nets.Step(batch));
    ++batch.step;
  }
  state.SetItemsProcessed(state.iterations() * batch.size);
  state.counters["parameters"] =
      static_cast<double>(ParameterCount(plan.generator) + ParameterCount(plan.classifier));
}
BENCHMARK_CAPTURE(BM_Step, digits, "digits")
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Step, face-64, "face-64")
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

NamedTensors ParametersWithGradients() {
  const Generator generator(BenchPlan("digits").generator, 1);
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
