// SPDX-License-Identifier: Apache-2.0
// Steps of the presets, on the CPU and on a GPU where there is one, and what of
// a step is the optimiser's. bench/train_step.py compares them with PyTorch.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "benchmark/benchmark.h"
#include "model/nn/device.h"
#include "model/nn/mixed_precision.h"
#include "model/nn/threads.h"
#include "model/train/adam.h"
#include "model/train/batch_tensors.h"
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

// Steps of both nets past the classifier's warm-up, data at hand.
void RunSteps(benchmark::State& state, const std::string& preset, c10::Device device, Precision precision) {
  NetPlan plan = BenchPlan(preset);
  plan.training.precision = precision;
  CooperativeNets nets(plan, device);
  const Batch images = RandomBatch(plan);
  BatchTensors batch = SendTo(device, ViewOf(images));
  batch.step = plan.training.classifier_warmup_steps;
  for (auto _ : state) {
    benchmark::DoNotOptimize(nets.Step(batch));
    ++batch.step;
  }
  state.SetItemsProcessed(state.iterations() * images.size);
  state.counters["parameters"] = static_cast<double>(ParameterCount(plan.generator) + ParameterCount(plan.classifier));
}

void BM_Step(benchmark::State& state, const std::string& preset) {
  const bool mixed = state.range(1) != 0;
  if (mixed && !HasBfloat16Units(c10::kCPU)) state.SetLabel("float32: no units for bfloat16");
  at::set_num_threads(static_cast<int>(state.range(0)));
  RunSteps(state, preset, c10::Device(c10::kCPU), mixed ? Precision::kMixed : Precision::kFloat32);
}

void BM_StepOnGpu(benchmark::State& state, const std::string& preset) {
  const auto device = ResolveDevice("cuda");
  if (!device.ok()) return state.SkipWithError("no GPU");
  ConfigureTorch(0);
  RunSteps(state, preset, *device, Precision::kFloat32);
}

// By name: a macro would take that of a preset apart.
const bool kRegistered = [] {
  for (const std::string preset : {"digits", "face-64"}) {
    benchmark::RegisterBenchmark(("BM_Step/" + preset).c_str(), BM_Step, preset)
        ->ArgNames({"threads", "mixed"})
        ->ArgsProduct({{1, 2}, {0, 1}})
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  for (const std::string preset : {"digits", "face-64", "face-158-compact", "face-158"}) {
    benchmark::RegisterBenchmark(("BM_StepOnGpu/" + preset).c_str(), BM_StepOnGpu, preset)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

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
