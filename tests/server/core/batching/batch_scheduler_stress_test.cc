// SPDX-License-Identifier: Apache-2.0
// Many threads at once against the real clock, for the thread sanitizer above
// all.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/random.h"
#include "base/thread.h"
#include "server/core/batching/batch_scheduler.h"

namespace facet::server {
namespace {

// A task counts how often each of its items was computed.
struct Work {
  std::shared_ptr<std::vector<int>> computed;
};
using Scheduler = BatchScheduler<int, Work>;

struct Tally {
  std::atomic<int> taken{0};
  std::atomic<int> refused{0};
  std::atomic<int> done{0};
  std::atomic<int> wrong{0};
};

std::unique_ptr<Scheduler> MakeScheduler(Tally& tally, int max_queue) {
  Scheduler::Options options;
  options.max_batch = 8;
  options.max_queue = max_queue;
  options.clock = Clock::Real();
  options.engine = [&tally](int, absl::Span<const BatchSlice<Work>> slices) {
    int items = 0;
    for (const auto& slice : slices) {
      for (int i = 0; i < slice.count; ++i) ++(*slice.task->computed)[slice.begin + i];
      items += slice.count;
    }
    if (items > 8) ++tally.wrong;
    return absl::OkStatus();
  };
  return *Scheduler::Create(std::move(options));
}

Scheduler::Request MakeRequest(Tally& tally, CounterRandom& random) {
  const int items = 1 + static_cast<int>(random.NextBelow(20));
  auto computed = std::make_shared<std::vector<int>>(items);
  Scheduler::Request request;
  request.key = static_cast<int>(random.NextBelow(3));
  request.task = Work{computed};
  request.items = items;
  request.priority = random.NextBelow(2) == 0 ? BatchPriority::kBulk : BatchPriority::kInteractive;
  if (random.NextBelow(4) == 0) request.deadline = absl::Now() + absl::Microseconds(200);
  request.done = [&tally, computed](const absl::Status& status) {
    const int wanted = status.ok() ? 1 : 0;
    for (const int count : *computed) {
      if (count > 1 || count < wanted) ++tally.wrong;
    }
    ++tally.done;
  };
  return request;
}

// Tries until there is room; false once the scheduler drains.
bool SubmitOne(Scheduler& scheduler, Tally& tally, CounterRandom& random) {
  while (true) {
    const auto id = scheduler.Submit(MakeRequest(tally, random));
    if (id.ok()) {
      ++tally.taken;
      if (random.NextBelow(5) == 0) scheduler.Cancel(*id);
      return true;
    }
    ++tally.refused;
    if (absl::IsUnavailable(id.status())) return false;
    std::this_thread::yield();
  }
}

TEST(BatchSchedulerStressTest, EveryTaskEndsOnceAndEveryItemIsComputedOnce) {
  Tally tally;
  auto scheduler = MakeScheduler(tally, 200);
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("submitter", [&, t] {
        CounterRandom random(1, "stress", t);
        for (int i = 0; i < 500; ++i) EXPECT_TRUE(SubmitOne(*scheduler, tally, random));
      });
    }
  }
  scheduler->Drain(absl::InfiniteFuture());
  EXPECT_EQ(tally.done, 2000);
  EXPECT_EQ(tally.taken, 2000);
  EXPECT_EQ(tally.wrong, 0);
}

TEST(BatchSchedulerStressTest, ADrainAmidSubmissionsLosesNothing) {
  for (int round = 0; round < 20; ++round) {
    Tally tally;
    auto scheduler = MakeScheduler(tally, 1000);
    Thread submitter("submitter", [&] {
      CounterRandom random(2, "stress", round);
      while (SubmitOne(*scheduler, tally, random)) {
      }
    });
    while (tally.taken == 0) std::this_thread::yield();
    scheduler->Drain(absl::Now());
    EXPECT_EQ(tally.wrong, 0);
    submitter.Join();
    EXPECT_EQ(tally.done, tally.taken);
  }
}

TEST(BatchSchedulerStressTest, ADeadlineIsKeptByTheRealClockWhileTheEngineHangs) {
  absl::Notification release;
  Scheduler::Options options;
  options.clock = Clock::Real();
  options.engine = [&](int, absl::Span<const BatchSlice<Work>>) {
    release.WaitForNotification();
    return absl::OkStatus();
  };
  auto scheduler = *Scheduler::Create(std::move(options));
  Scheduler::Request hanging;
  hanging.items = 32;
  hanging.done = [](absl::Status) {};
  ASSERT_TRUE(scheduler->Submit(std::move(hanging)).ok());
  absl::Notification done;
  absl::Status status;
  Scheduler::Request request;
  request.key = 1;
  request.items = 1;
  request.deadline = absl::Now() + absl::Milliseconds(20);
  request.done = [&](absl::Status s) {
    status = std::move(s);
    done.Notify();
  };
  ASSERT_TRUE(scheduler->Submit(std::move(request)).ok());
  done.WaitForNotification();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  release.Notify();
}

}  // namespace
}  // namespace facet::server
