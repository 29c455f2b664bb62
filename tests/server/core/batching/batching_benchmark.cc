// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <memory>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "server/core/batching/batch_scheduler.h"

namespace facet::server {
namespace {

using Scheduler = BatchScheduler<int, int>;

std::unique_ptr<Scheduler> MakeScheduler() {
  Scheduler::Options options;
  options.max_queue = 1 << 20;
  options.clock = Clock::Real();
  options.engine = [](int, absl::Span<const BatchSlice<int>>) { return absl::OkStatus(); };
  return *Scheduler::Create(std::move(options));
}

template <typename Done>
Scheduler::Request MakeRequest(int items, Done done) {
  Scheduler::Request request;
  request.items = items;
  request.deadline = absl::Now() + absl::Seconds(60);
  request.done = std::move(done);
  return request;
}

// Scheduling cost of one task, many in flight, an engine that takes no time.
void BM_Batcher(benchmark::State& state) {
  auto scheduler = MakeScheduler();
  const int tasks = 1000;
  for (auto _ : state) {
    absl::BlockingCounter done(tasks);
    for (int i = 0; i < tasks; ++i) {
      auto id = scheduler->Submit(
          MakeRequest(static_cast<int>(state.range(0)), [&done](const absl::Status&) { done.DecrementCount(); }));
      if (!id.ok()) state.SkipWithError("refused");
    }
    done.Wait();
  }
  state.SetItemsProcessed(state.iterations() * tasks);
}
BENCHMARK(BM_Batcher)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

// Added to the latency of a lone request.
void BM_BatcherRoundTrip(benchmark::State& state) {
  auto scheduler = MakeScheduler();
  for (auto _ : state) {
    absl::Notification done;
    auto id = scheduler->Submit(MakeRequest(1, [&done](const absl::Status&) { done.Notify(); }));
    if (!id.ok()) state.SkipWithError("refused");
    done.WaitForNotification();
  }
}
BENCHMARK(BM_BatcherRoundTrip)->UseRealTime();

}  // namespace
}  // namespace facet::server
