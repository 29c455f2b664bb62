// SPDX-License-Identifier: Apache-2.0
// What streams cost beside rendering: the renderer is a fake of 48 samples an
// image.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "model/augment/stream_plan.h"
#include "tests/server/core/streams/stream_world.h"

namespace facet::server {
namespace {

void BM_PlanImage(benchmark::State& state) {
  const model::FeatureSchema schema = model::FaceSchema(65, 5);
  const auto plan = model::StreamPlan::Create(
                        FromText<v1::StreamSpec>("recipe { features { feature: 'identity' pairs { beta: 0.4 } } "
                                                 "transforms { square: 1 square: 2 noise { min: 0 max: 0.1 } } }"),
                        schema, 4096)
                        .value();
  std::vector<float> dense(schema.total_classes());
  int64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(plan.Plan(i / 64, i % plan.batches_per_epoch(), 0, 0, absl::MakeSpan(dense)));
    ++i;
  }
}
BENCHMARK(BM_PlanImage);

// Batches of 8 images, one of each stream at a time.
void BM_StreamBatches(benchmark::State& state, const std::string& spec) {
  StreamWorld world;
  std::vector<std::unique_ptr<BatchStream>> streams;
  for (int64_t i = 0; i < state.range(0); ++i)
    streams.push_back(world.Open("batch_size: 8 epochs: -1 " + spec).value());
  for (auto _ : state) {
    for (auto& stream : streams) benchmark::DoNotOptimize(ReadBatch(*stream));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(BM_StreamBatches, plain, std::string())->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(BM_StreamBatches, turned, std::string("recipe { transforms { square: 1 square: 2 } }"))
    ->Arg(1)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_StreamBatches, changed,
                  std::string("recipe { transforms { noise { min: 0 max: 0.1 } } } pixel_type: PIXEL_TYPE_FLOAT16"))
    ->Arg(1)
    ->UseRealTime();

}  // namespace
}  // namespace facet::server
