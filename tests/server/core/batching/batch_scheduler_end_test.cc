// SPDX-License-Identifier: Apache-2.0
// Tasks that end before they are complete: by their deadline, by a
// cancellation, by the end of the scheduler.
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "gtest/gtest.h"
#include "server/core/shutting_down.h"
#include "tests/server/core/batching/scheduler_fixture.h"

namespace facet::server {
namespace {

TEST_F(BatchSchedulerTest, ADeadlineInTheQueueIsKeptWhileTheEngineIsBusy) {
  Start();
  ASSERT_TRUE(Submit("running", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("late", 1, "m", BatchPriority::kInteractive, absl::Milliseconds(30)).ok());
  ASSERT_TRUE(Submit("later", 1, "m", BatchPriority::kInteractive, absl::Milliseconds(50)).ok());
  clock_.BlockUntilWaiters(1);
  clock_.Advance(absl::Milliseconds(30));
  EXPECT_EQ(outcomes_["late"]->Await(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(outcomes_["later"]->done());
  ExpectBatch("m: running[0,1)");
  ExpectBatch("m: later[0,1)");
  EXPECT_EQ(outcomes_["later"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, AnEarlierDeadlineThatComesLaterIsKept) {
  Start();
  ASSERT_TRUE(Submit("running", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("patient", 1, "m", BatchPriority::kInteractive, absl::Hours(1)).ok());
  clock_.BlockUntilWaiters(1);
  ASSERT_TRUE(Submit("late", 1, "m", BatchPriority::kInteractive, absl::Milliseconds(5)).ok());
  clock_.Advance(absl::Milliseconds(5));
  EXPECT_EQ(outcomes_["late"]->Await(), absl::StatusCode::kDeadlineExceeded);
  engine_.Finish();
  ExpectBatch("m: patient[0,1)");
}

TEST_F(BatchSchedulerTest, ADeadlineThatHasPassedIsRefused) {
  Start();
  EXPECT_EQ(Submit("a", 1, "m", BatchPriority::kInteractive, absl::ZeroDuration()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(BatchSchedulerTest, ADeadlineIsLookedAtBetweenTheBatchesOfATask) {
  Start();
  ASSERT_TRUE(Submit("a", 20, "m", BatchPriority::kInteractive, absl::Milliseconds(30)).ok());
  engine_.AwaitBatch();
  clock_.Advance(absl::Milliseconds(31));
  EXPECT_FALSE(outcomes_["a"]->done()) << "the engine still writes to it";
  ExpectBatch("m: a[0,8)");
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(Submit("b", 1).ok());
  ExpectBatch("m: b[0,1)");
}

TEST_F(BatchSchedulerTest, CancellingAWaitingTaskEndsItAtOnce) {
  Start();
  ASSERT_TRUE(Submit("running", 1).ok());
  engine_.AwaitBatch();
  auto id = Submit("a", 1);
  ASSERT_TRUE(id.ok());
  scheduler_->Cancel(*id);
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kCancelled);
  scheduler_->Cancel(*id);
  scheduler_->Cancel(12345);
  EXPECT_FALSE(engine_.idle());
  engine_.Finish();
  EXPECT_EQ(outcomes_["running"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, CancellingARunningTaskEndsItAfterItsBatch) {
  Start();
  auto id = Submit("a", 20);
  ASSERT_TRUE(id.ok());
  engine_.AwaitBatch();
  scheduler_->Cancel(*id);
  EXPECT_FALSE(outcomes_["a"]->done());
  ExpectBatch("m: a[0,8)");
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kCancelled);
}

TEST_F(BatchSchedulerTest, CancellingTheRestOfATaskWhileOthersRunEndsItAtOnce) {
  Start();
  auto id = Submit("a", 20);
  ASSERT_TRUE(id.ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("b", 8, "n").ok());
  ExpectBatch("m: a[0,8)");
  EXPECT_EQ(engine_.AwaitBatch(), "n: b[0,8)");
  scheduler_->Cancel(*id);
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kCancelled);
  engine_.Finish();
  EXPECT_EQ(outcomes_["b"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, DrainCompletesWhatWasTakenAndTakesNoMore) {
  Start();
  ASSERT_TRUE(Submit("a", 12).ok());
  engine_.AwaitBatch();
  absl::Notification drained;
  Thread drainer("drainer", [&] {
    scheduler_->Drain(absl::InfiniteFuture());
    drained.Notify();
  });
  const auto refusal = [&] {  // no task, so nothing is taken before the drain has begun either
    return Submit("b", 1, "m", BatchPriority::kInteractive, absl::ZeroDuration()).status();
  };
  while (!absl::IsUnavailable(refusal())) std::this_thread::yield();
  EXPECT_EQ(refusal(), ShuttingDownError());
  EXPECT_FALSE(drained.HasBeenNotified());
  ExpectBatch("m: a[0,8)");
  ExpectBatch("m: a[8,12)");
  drained.WaitForNotification();
  EXPECT_TRUE(outcomes_["a"]->done());
  EXPECT_EQ(outcomes_["a"]->Await(), absl::StatusCode::kOk);
}

TEST_F(BatchSchedulerTest, DrainCutsOffTheRestAtItsDeadline) {
  Start();
  ASSERT_TRUE(Submit("running", 20).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("waiting", 1).ok());
  absl::Notification drained;
  Thread drainer("drainer", [&] {
    scheduler_->Drain(clock_.Now() + absl::Seconds(1));
    drained.Notify();
  });
  clock_.BlockUntilWaiters(1);
  EXPECT_FALSE(outcomes_["waiting"]->done());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(outcomes_["waiting"]->Await(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(drained.HasBeenNotified()) << "the engine still computes";
  ExpectBatch("m: running[0,8)");
  drained.WaitForNotification();
  EXPECT_EQ(outcomes_["running"]->Await(), absl::StatusCode::kUnavailable);
}

TEST_F(BatchSchedulerTest, TheDestructorCompletesWhatWasTaken) {
  Start();
  ASSERT_TRUE(Submit("a", 1).ok());
  engine_.AwaitBatch();
  ASSERT_TRUE(Submit("b", 1).ok());
  Thread destroyer("destroyer", [&] { scheduler_.reset(); });
  ExpectBatch("m: a[0,1)");
  ExpectBatch("m: b[0,1)");
  destroyer.Join();
  EXPECT_EQ(outcomes_["b"]->Await(), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace facet::server
