// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions of the presets by both methods. `method` is 0 for
// LibTorch's, 1 for phases; FasterUpconv holds what came out. Set OMP_NUM_THREADS=1 and read the CPU column
// on a busy machine.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <vector>

#include "model/nn/upconv.h"

namespace facet::model {
namespace {

struct Case {
  const char* name;
  UpconvShape shape;
  int train_batch;
  int render_batch;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case>* const cases = new std::vector<Case>{
      {"digits_up0", {64, 32, 4, 1, 7, 14}, 64, 32},    {"digits_up1", {32, 3, 4, 1, 14, 28}, 64, 32},
      {"face64_up0", {128, 64, 4, 1, 8, 16}, 64, 32},   {"face64_up1", {64, 32, 4, 1, 16, 32}, 64, 32},
      {"face64_up2", {32, 3, 4, 1, 32, 64}, 64, 32},    {"face158_up0", {256, 256, 5, 0, 8, 19}, 8, 8},
      {"face158_up1", {256, 256, 5, 1, 19, 39}, 8, 8},  {"face158_up2", {256, 92, 5, 1, 39, 79}, 8, 8},
      {"face158_up3", {92, 3, 2, 0, 79, 158}, 8, 8},    {"face158k4_up1", {256, 256, 4, 0, 18, 38}, 8, 8},
      {"face158k4_up2", {256, 92, 4, 0, 38, 78}, 8, 8}, {"face158k4_up3", {92, 3, 4, 0, 78, 158}, 8, 8},
  };
  return *cases;
}

struct Tensors {
  at::Tensor input, weight, bias;
};

Tensors Make(const UpconvShape& shape, int batch) {
  const at::Tensor input = at::randn({batch, shape.in_channels, shape.in_size, shape.in_size});
  return {input.contiguous(at::MemoryFormat::ChannelsLast),
          at::randn({shape.in_channels, shape.out_channels, shape.kernel, shape.kernel}),
          at::randn({shape.out_channels})};
}

void CountFlops(benchmark::State& state, const UpconvShape& shape, int batch, int passes) {
  const double flops = 2.0 * batch * shape.in_channels * shape.out_channels * shape.kernel * shape.kernel *
                       shape.in_size * shape.in_size;
  state.counters["GFLOP/s"] = benchmark::Counter(passes * flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_UpconvRender(benchmark::State& state, const Case& c) {
  const Tensors tensors = Make(c.shape, c.render_batch);
  const PreparedUpconv layer(tensors.weight, tensors.bias, c.shape.padding, static_cast<UpconvMethod>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(layer.Forward(tensors.input));
  CountFlops(state, c.shape, c.render_batch, 1);
}

void BM_UpconvTrain(benchmark::State& state, const Case& c) {
  const Tensors tensors = Make(c.shape, c.train_batch);
  for (const at::Tensor& leaf : {tensors.input, tensors.weight, tensors.bias}) leaf.requires_grad_();
  at::Tensor gradient;
  for (auto _ : state) {
    const at::Tensor output =
        Upconv(tensors.input, tensors.weight, tensors.bias, c.shape.padding, static_cast<UpconvMethod>(state.range(0)));
    if (!gradient.defined()) gradient = at::randn_like(output);
    output.backward(gradient);
  }
  CountFlops(state, c.shape, c.train_batch, 3);
}

const bool kRegistered = [] {
  for (const Case& c : Cases()) {
    const std::string name = c.name;
    for (const int method : {0, 1}) {
      benchmark::RegisterBenchmark(("BM_UpconvRender/" + name).c_str(), BM_UpconvRender, c)
          ->ArgName("method")
          ->Arg(method)
          ->Unit(benchmark::kMillisecond);
      benchmark::RegisterBenchmark(("BM_UpconvTrain/" + name).c_str(), BM_UpconvTrain, c)
          ->ArgName("method")
          ->Arg(method)
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace facet::model
