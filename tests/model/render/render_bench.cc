// SPDX-License-Identifier: Apache-2.0
// Rendering against LibTorch as it comes (the same net, conv_transpose2d, and
// pixels finished with tensor operations), in one process:
//
//   build/release/bench/render_bench
//
// Names are BM_Render/<net>/<batch> and BM_Eager/<net>/<batch>, on the CPU, and
// BM_RenderOnGpu/<net>/<batch>, where there is one; "images/s" is the rate, "GFLOP/s" counts the net's own
// multiplications and additions.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/render/cpu_renderer.h"
#include "model/render/torch_renderer.h"
#include "random_net.h"

namespace facet::model {
namespace {

enum Net { kDigits, kFace64, kFace158 };

GeneratorShape ShapeOf(int net) {
  return net == kDigits ? DigitsShape() : net == kFace64 ? Face64Shape() : Face158Shape();
}

const char* NameOf(int net) { return net == kDigits ? "digits" : net == kFace64 ? "face-64" : "face-158"; }

// Multiplications and additions of one image, without the first layers.
double Flops(const GeneratorShape& shape) {
  double products = 0;
  double in = 0;
  for (const int width : shape.feature_widths) {
    products += 1.0 * width * width;
    in += width;
  }
  for (const int width : shape.joint_widths) {
    products += in * width;
    in = width;
  }
  products += in * shape.base_channels * shape.base_size * shape.base_size;
  for (const UpconvShape& l : shape.layers) {
    products += 1.0 * l.in_size * l.in_size * l.kernel * l.kernel * l.in_channels * l.out_channels;
  }
  return 2 * products;
}

enum class Kind { kCpu, kEagerOnCpu, kGpu };

absl::StatusOr<std::unique_ptr<Renderer>> MakeRenderer(Kind kind, int net) {
  const std::string file = MakeNet(ShapeOf(net), 1).File();
  RendererOptions options;
  options.device = kind == Kind::kGpu ? "cuda" : "cpu";
  if (kind == Kind::kGpu) return Renderer::Create(ShapeOf(net), file, options);
  if (kind == Kind::kCpu) return CreateCpuRenderer(ShapeOf(net), file, options);
  return CreateTorchRenderer(ShapeOf(net), file, options, /*tile=*/0);
}

// One renderer a kind and net, for all batches. Null: no such device.
Renderer* RendererOf(Kind kind, int net) {
  static auto* const renderers = new std::map<std::pair<Kind, int>, std::unique_ptr<Renderer>>;
  std::unique_ptr<Renderer>& renderer = (*renderers)[{kind, net}];
  if (renderer == nullptr) {
    auto made = MakeRenderer(kind, net);
    if (made.ok()) renderer = *std::move(made);
  }
  return renderer.get();
}

void Run(benchmark::State& state, Kind kind) {
  const int net = static_cast<int>(state.range(0));
  const int batch = static_cast<int>(state.range(1));
  Renderer* const renderer = RendererOf(kind, net);
  if (renderer == nullptr) return state.SkipWithError("no such device");
  const GeneratorShape shape = ShapeOf(net);
  const std::vector<float> vectors = MakeVectors(shape, batch, 1);
  std::vector<uint8_t> pixels(batch * renderer->shape().samples());
  for (auto _ : state) {
    if (!renderer->Render(vectors, batch, PixelFormat(), pixels.data()).ok()) state.SkipWithError("failed");
    benchmark::DoNotOptimize(pixels.data());
  }
  state.SetLabel(NameOf(net));
  const double images = static_cast<double>(state.iterations()) * batch;
  state.counters["images/s"] = benchmark::Counter(images, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] = benchmark::Counter(images * Flops(shape) / 1e9, benchmark::Counter::kIsRate);
}

void BM_Render(benchmark::State& state) { Run(state, Kind::kCpu); }
void BM_Eager(benchmark::State& state) { Run(state, Kind::kEagerOnCpu); }
void BM_RenderOnGpu(benchmark::State& state) { Run(state, Kind::kGpu); }

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int net : {kDigits, kFace64, kFace158}) {
    for (const int batch : {1, 8, 32}) benchmark->Args({net, batch});
  }
  benchmark->ArgNames({"net", "batch"})->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(BM_Render)->Apply(Sizes);
BENCHMARK(BM_Eager)->Apply(Sizes);
BENCHMARK(BM_RenderOnGpu)->Apply(Sizes);

// The first call at a size, on a renderer that has served no other.
void BM_FirstCall(benchmark::State& state) {
  const int net = static_cast<int>(state.range(0));
  const int batch = static_cast<int>(state.range(1));
  const std::string file = MakeNet(ShapeOf(net), 1).File();
  const std::vector<float> vectors = MakeVectors(ShapeOf(net), batch, 1);
  std::vector<uint8_t> pixels(batch * size_t{3} * ShapeOf(net).image_size() * ShapeOf(net).image_size());
  for (auto _ : state) {
    state.PauseTiming();
    auto renderer = CreateCpuRenderer(ShapeOf(net), file, RendererOptions()).value();
    state.ResumeTiming();
    if (!renderer->Render(vectors, batch, PixelFormat(), pixels.data()).ok()) state.SkipWithError("failed");
    state.PauseTiming();
    renderer.reset();
    state.ResumeTiming();
  }
  state.SetLabel(NameOf(net));
}
BENCHMARK(BM_FirstCall)->Apply(Sizes)->Iterations(5);

}  // namespace
}  // namespace facet::model
