// SPDX-License-Identifier: Apache-2.0
// Which tasks share a batch, in which order, and what is refused. How tasks end
// otherwise: batch_scheduler_end_test.cc.
#include "server/core/batching/batch_scheduler.h"

#include <memory>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/fake_clock.h"
#include "gtest/gtest.h"
#include "tests/server/core/batching/scheduler_fixture.h"

namespace facet::server {
namespace {

TEST_F(BatchSchedulerTest, ABatchStartsAtOnceWhileTheEngineIsIdle) {
  Start();
  ASSERT_TRUE(Submit("a", 1).ok());
  ExpectBatch("m: a[0,1)");
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, ABatchFillsUpWhileTheEngineIsBusy) {
  Start();
  ASSERT_TRUE(Submit("a", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("b", 3).ok());
  ASSERT_TRUE(Submit("c", 4).ok());
  ASSERT_TRUE(Submit("d", 4).ok());
  engine_.Finish();
  ExpectBatch("m: b[0,3) c[0,4) d[0,1)");
  ExpectBatch("m: d[1,4)");
  for (const auto& [name, outcome] : outcomes_) EXPECT_EQ(outcome->Await(), absl::StatusCode::kOk) << name;
}

TEST_F(BatchSchedulerTest, BulkBatchesAreShortWhileInteractiveTasksComeNowAndThen) {
  Start(8, 64, absl::ZeroDuration(), absl::Milliseconds(250));
  // Each batch takes 0.1 s an item.
  const auto compute = [this](const std::string& batch, int items) {
    EXPECT_EQ(engine_.AwaitBatch(), batch);
    clock_.Advance(absl::Milliseconds(100) * items);
    engine_.Finish();
  };
  ASSERT_TRUE(Submit("first", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("bulk", 30, "m", BatchPriority::kBulk).ok());
  compute("m: first[0,1)", 1);
  compute("m: bulk[0,2)", 2);
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("next", 3).ok());
  compute("m: bulk[2,4)", 2);
  compute("m: next[0,3)", 3);
  // A second after the last one came, batches are full again.
  for (int begin = 4; begin < 10; begin += 2) compute(absl::StrCat("m: bulk[", begin, ",", begin + 2, ")"), 2);
  compute("m: bulk[10,18)", 8);
  compute("m: bulk[18,26)", 8);
  compute("m: bulk[26,30)", 4);
  EXPECT_EQ(outcomes_["bulk"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, BulkKeepsItsFloorWhileInteractiveTasksWait) {
  Start(8, 64, absl::ZeroDuration(), absl::Milliseconds(1));
  ASSERT_TRUE(Submit("first", 1).ok());
  engine_.AwaitBatch();
  clock_.Advance(absl::Seconds(0.5));
  ASSERT_TRUE(Submit("bulk", 8, "m", BatchPriority::kBulk).ok());
  ASSERT_TRUE(Submit("many", 64).ok());
  ExpectBatch("m: first[0,1)");
  for (int begin = 0; begin < 24; begin += 8) ExpectBatch(absl::StrCat("m: many[", begin, ",", begin + 8, ")"));
  ExpectBatch("m: bulk[0,8)");
  for (int begin = 24; begin < 64; begin += 8) ExpectBatch(absl::StrCat("m: many[", begin, ",", begin + 8, ")"));
}

TEST_F(BatchSchedulerTest, ALargeTaskSpansBatchesAndIsDoneAfterTheLast) {
  Start();
  ASSERT_TRUE(Submit("a", 20).ok());
  ExpectBatch("m: a[0,8)");
  ExpectBatch("m: a[8,16)");
  EXPECT_EQ(engine_.AwaitBatch(), "m: a[16,20)");
  EXPECT_FALSE(outcomes_["a"]->done());
  engine_.Finish();
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, ASmallTaskWaitsForOneBatchOfALargeOneAtMost) {
  Start();
  ASSERT_TRUE(Submit("large", 40).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("small", 2).ok());
  ExpectBatch("m: large[0,8)");
  ExpectBatch("m: small[0,2) large[8,14)");
  EXPECT_EQ(outcomes_["small"]->Await(), absl::StatusCode::kOk);
  for (int batch = 0; batch < 4; ++batch) {
    engine_.AwaitBatch();
    engine_.Finish();
  }
}

TEST_F(BatchSchedulerTest, TasksOfDifferentKeysAreComputedApart) {
  Start();
  ASSERT_TRUE(Submit("a", 1, "m").ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("b", 1, "n").ok());
  ASSERT_TRUE(Submit("c", 1, "m").ok());
  ASSERT_TRUE(Submit("d", 1, "n").ok());
  engine_.Finish();
  ExpectBatch("n: b[0,1) d[0,1)");
  ExpectBatch("m: c[0,1)");
}

TEST_F(BatchSchedulerTest, AFullQueueRefusesWithATimeToRetry) {
  Start(/*max_batch=*/8, /*max_queue=*/10);
  ASSERT_TRUE(Submit("running", 8).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("a", 6).ok());
  const absl::Status status = Submit("b", 5).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "QUEUE_FULL");
  EXPECT_GT(GetErrorDetail(status).retry_after.value_or(absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_TRUE(Submit("c", 4).ok()) << "what fits is still taken";
  engine_.Finish();
  ExpectBatch("m: a[0,6) c[0,2)");
  ExpectBatch("m: c[2,4)");
  EXPECT_EQ(outcomes_["c"]->Await(), absl::StatusCode::kOk);
  EXPECT_FALSE(outcomes_["b"]->done()) << "done of a refused task is never called";
}

TEST_F(BatchSchedulerTest, ATaskThatCanNeverFitIsRefusedForGood) {
  Start(/*max_batch=*/8, /*max_queue=*/10);
  const absl::Status status = Submit("a", 11).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "TASK_TOO_LARGE");
  EXPECT_FALSE(GetErrorDetail(status).retry_after.has_value());
}

TEST_F(BatchSchedulerTest, BulkWorkDoesNotTakeTheRoomOfInteractive) {
  Start(/*max_batch=*/8, /*max_queue=*/10);
  ASSERT_TRUE(Submit("running", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("bulk", 10, "m", BatchPriority::kBulk).ok());
  EXPECT_FALSE(Submit("more bulk", 1, "m", BatchPriority::kBulk).ok());
  EXPECT_TRUE(Submit("a", 10).ok());
  ExpectBatch("m: running[0,1)");
  ExpectBatch("m: a[0,8)");
  ExpectBatch("m: a[8,10)");
  ExpectBatch("m: bulk[0,8)");
  ExpectBatch("m: bulk[8,10)");
}

TEST_F(BatchSchedulerTest, AnErrorOfTheEngineFailsItsBatchAndNoOther) {
  Start();
  ASSERT_TRUE(Submit("a", 20).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("b", 1, "n").ok());
  engine_.Finish(absl::InternalError("burnt"));
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kInternal);
  ExpectBatch("n: b[0,1)");
  EXPECT_EQ(outcomes_["b"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, ClosesBatchWhenTimeoutExpires) {
  Start(/*max_batch=*/8, /*max_queue=*/64, /*batch_wait=*/absl::Milliseconds(2));
  ASSERT_TRUE(Submit("a", 1).ok());
  clock_.BlockUntilWaiters(1);
  ASSERT_TRUE(Submit("b", 1).ok());
  EXPECT_TRUE(engine_.idle());
  clock_.Advance(absl::Milliseconds(2));
  ExpectBatch("m: a[0,1) b[0,1)");
}

TEST_F(BatchSchedulerTest, ClosesAFullBatchBeforeTheTimeout) {
  Start(/*max_batch=*/8, /*max_queue=*/64, /*batch_wait=*/absl::Hours(1));
  ASSERT_TRUE(Submit("a", 1).ok());
  clock_.BlockUntilWaiters(1);
  ASSERT_TRUE(Submit("b", 7).ok());
  ExpectBatch("m: a[0,1) b[0,7)");
}

TEST_F(BatchSchedulerTest, WhatWaitedForABusyEngineWaitsNoLonger) {
  Start(/*max_batch=*/8, /*max_queue=*/64, /*batch_wait=*/absl::Milliseconds(2));
  ASSERT_TRUE(Submit("full", 8).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("a", 1).ok());
  clock_.Advance(absl::Milliseconds(2));
  engine_.Finish();
  ExpectBatch("m: a[0,1)");
}

TEST_F(BatchSchedulerTest, DoneMaySubmitAgain) {
  Start();
  Scheduler::Request request;
  request.key = "m";
  request.task = "first";
  request.items = 1;
  request.done = [this](absl::Status) { EXPECT_TRUE(Submit("second", 1).ok()); };
  ASSERT_TRUE(scheduler_->Submit(std::move(request)).ok());
  ExpectBatch("m: first[0,1)");
  ExpectBatch("m: second[0,1)");
  EXPECT_EQ(outcomes_["second"]->Await(), absl::StatusCode::kOk);
}

TEST(BatchSchedulerOptionsTest, BadLimitsAreRefused) {
  const auto create = [](auto change) {
    FakeClock clock;
    Scheduler::Options options;
    options.clock = &clock;
    options.engine = [](const std::string&, absl::Span<const PuppetEngine::Slice>) { return absl::OkStatus(); };
    change(options);
    return Scheduler::Create(std::move(options)).status().code();
  };
  const auto bad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(create([](Scheduler::Options&) {}), absl::StatusCode::kOk);
  EXPECT_EQ(create([](Scheduler::Options& o) { o.max_batch = 0; }), bad);
  EXPECT_EQ(create([](Scheduler::Options& o) { o.max_queue = 0; }), bad);
  EXPECT_EQ(create([](Scheduler::Options& o) { o.batch_wait = -absl::Seconds(1); }), bad);
  EXPECT_EQ(create([](Scheduler::Options& o) { o.clock = nullptr; }), bad);
  EXPECT_EQ(create([](Scheduler::Options& o) { o.engine = nullptr; }), bad);
}

TEST_F(BatchSchedulerTest, ATaskWithoutItemsIsRefused) {
  Start();
  EXPECT_EQ(Submit("a", 0).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(BatchSchedulerWallTest, WhatTheEngineThrowsFailsItsBatchAlone) {
  FakeClock clock;
  Scheduler::Options options;
  options.clock = &clock;
  options.engine = [](const std::string& key, absl::Span<const PuppetEngine::Slice>) -> absl::Status {
    if (key == "large") throw std::bad_alloc();
    return absl::OkStatus();
  };
  const auto scheduler = Scheduler::Create(std::move(options)).value();
  for (const char* key : {"large", "small"}) {
    Outcome outcome;
    Scheduler::Request request;
    request.key = key;
    request.items = 1;
    request.done = [&](absl::Status status) { outcome.Set(std::move(status)); };
    ASSERT_TRUE(scheduler->Submit(std::move(request)).ok());
    EXPECT_EQ(outcome.Await() == absl::StatusCode::kOk, std::string(key) == "small") << outcome.status();
    if (!outcome.status().ok()) {
      EXPECT_EQ(GetErrorDetail(outcome.status()).reason, "OUT_OF_MEMORY");
    }
  }
}

}  // namespace
}  // namespace facet::server
