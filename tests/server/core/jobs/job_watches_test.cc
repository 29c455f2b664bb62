// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_watches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/fake_clock.h"
#include "base/thread.h"
#include "tests/server/core/jobs/event_log.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

constexpr char kJob[] = "trainingJobs/a";

class JobWatchesTest : public testing::Test {
 protected:
  JobWatchesTest() {
    options_.store = store_.get();
    options_.clock = &clock_;
    Insert(kJob);
    watches_ = std::make_unique<JobWatches>(options_);
  }
  void Insert(const std::string& name) {
    job_.set_name(name);
    job_.set_state(v1::TRAINING_JOB_STATE_RUNNING);
    v1::TrainingEvent event;
    event.set_state(job_.state());
    EXPECT_TRUE(store_->InsertJob({job_, ""}, event).ok());
  }
  // Another event of kJob, at revision `step` + 1 where there is no other.
  void AddEvent(int step, v1::TrainingJobState state = v1::TRAINING_JOB_STATE_RUNNING) {
    job_.set_name(kJob);
    job_.set_state(state);
    v1::TrainingEvent event;
    event.set_state(state);
    event.mutable_progress()->set_step(step);
    EXPECT_TRUE(store_->UpdateJob(job_, event).ok());
    watches_->Notify(kJob);
  }
  int64_t Add(EventLog* log, int64_t after = 0) { return watches_->Add(kJob, after, log->Watcher()).value(); }

  TempStore store_;
  FakeClock clock_;
  JobWatchesOptions options_;
  v1::TrainingJob job_;
  std::unique_ptr<JobWatches> watches_;
};

TEST_F(JobWatchesTest, OldEventsThenNewOnesInOrder) {
  for (int step = 1; step <= 200; ++step) AddEvent(step);
  EventLog log;
  Add(&log);
  log.WaitForStep(200);
  AddEvent(201);
  AddEvent(202, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(log.WaitForEnd().ok());
  const auto events = log.events();
  ASSERT_EQ(events.size(), 203u);
  for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].revision(), static_cast<int64_t>(i) + 1);
}

TEST_F(JobWatchesTest, BeginsAfterARevision) {
  for (int step = 1; step <= 5; ++step) AddEvent(step);
  AddEvent(6, v1::TRAINING_JOB_STATE_FAILED);
  EventLog log;
  Add(&log, 5);
  EXPECT_TRUE(log.WaitForEnd().ok());
  ASSERT_EQ(log.events().size(), 2u);
  EXPECT_EQ(log.events()[0].revision(), 6);
}

TEST_F(JobWatchesTest, EndedJobWithNothingNewEndsAtOnce) {
  AddEvent(1, v1::TRAINING_JOB_STATE_CANCELLED);
  EventLog log;
  Add(&log, 2);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_TRUE(log.events().empty());
}

TEST_F(JobWatchesTest, AllWatchersSeeAll) {
  EventLog logs[5];
  for (EventLog& log : logs) Add(&log);
  for (int step = 1; step <= 70; ++step) AddEvent(step);
  AddEvent(71, v1::TRAINING_JOB_STATE_SUCCEEDED);
  for (EventLog& log : logs) {
    EXPECT_TRUE(log.WaitForEnd().ok());
    EXPECT_EQ(log.events().size(), 72u);
  }
}

TEST_F(JobWatchesTest, WhatOneWatcherThrowsEndsThatWatchAlone) {
  EventLog thrower;
  JobWatcher watcher = thrower.Watcher();
  watcher.on_event = [](const v1::TrainingEvent&) { throw std::bad_alloc(); };
  ASSERT_TRUE(watches_->Add(kJob, 0, std::move(watcher)).ok());
  EXPECT_EQ(GetErrorDetail(thrower.WaitForEnd()).reason, "OUT_OF_MEMORY");
  EventLog log;
  Add(&log);
  AddEvent(1, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(log.WaitForEnd().ok());
}

TEST_F(JobWatchesTest, OtherJobsAreNotShown) {
  EventLog log;
  Add(&log);
  Insert("trainingJobs/b");
  watches_->Notify("trainingJobs/b");
  AddEvent(1, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(log.events().size(), 2u);
}

TEST_F(JobWatchesTest, RemovedWatcherIsCalledNoMore) {
  auto log = std::make_unique<EventLog>();
  const int64_t id = Add(log.get());
  log->WaitForState(v1::TRAINING_JOB_STATE_RUNNING);
  watches_->Remove(id);
  log.reset();  // a call would now be to freed memory
  EventLog other;
  Add(&other);
  AddEvent(1, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(other.WaitForEnd().ok());
}

TEST_F(JobWatchesTest, RemoveWaitsForTheCallUnderWay) {
  absl::Notification called;
  absl::Notification let_go;
  std::atomic<bool> returned{false};
  JobWatcher watcher;
  watcher.on_event = [&](const v1::TrainingEvent&) {
    called.Notify();
    let_go.WaitForNotification();
    returned = true;
  };
  watcher.on_done = [](const absl::Status&) {};
  const int64_t id = watches_->Add(kJob, 0, watcher).value();
  called.WaitForNotification();
  Thread remover("remover", [&] {
    watches_->Remove(id);
    EXPECT_TRUE(returned);
  });
  let_go.Notify();
}

TEST_F(JobWatchesTest, WatcherMayRemoveItself) {
  absl::Notification removed;
  std::atomic<int64_t> id{0};
  absl::Notification known;
  JobWatcher watcher;
  watcher.on_event = [&](const v1::TrainingEvent&) {
    known.WaitForNotification();
    watches_->Remove(id);
    removed.Notify();
  };
  watcher.on_done = [](const absl::Status&) { FAIL() << "it had removed itself"; };
  id = watches_->Add(kJob, 0, watcher).value();
  known.Notify();
  removed.WaitForNotification();
  AddEvent(1, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EventLog log;
  Add(&log);
  EXPECT_TRUE(log.WaitForEnd().ok());
}

TEST_F(JobWatchesTest, CloseEndsAllAndRefusesMore) {
  EventLog first;
  EventLog second;
  Add(&first);
  Add(&second);
  watches_->Close(absl::UnavailableError("bye"));
  EXPECT_TRUE(absl::IsUnavailable(first.WaitForEnd()));
  EXPECT_TRUE(absl::IsUnavailable(second.WaitForEnd()));
  EXPECT_TRUE(absl::IsUnavailable(watches_->Add(kJob, 0, first.Watcher()).status()));
}

TEST_F(JobWatchesTest, DeletedJobEndsTheWatch) {
  EventLog log;
  Add(&log);
  log.WaitForState(v1::TRAINING_JOB_STATE_RUNNING);
  ASSERT_TRUE(store_->DeleteJob(kJob).ok());
  watches_->Notify(kJob);
  EXPECT_TRUE(absl::IsNotFound(log.WaitForEnd()));
}

TEST_F(JobWatchesTest, QuietJobSendsHeartbeats) {
  EventLog log;
  ASSERT_TRUE(watches_->Add(kJob, 1, log.Watcher(), absl::Seconds(7)).ok());
  for (int beat = 1; beat <= 3; ++beat) {
    clock_.BlockUntilWaiters(1);
    clock_.Advance(absl::Seconds(7));
    log.WaitForCount(beat);
  }
  for (const auto& event : log.events()) {
    EXPECT_TRUE(event.has_heartbeat());
    EXPECT_EQ(event.revision(), 1);
    EXPECT_EQ(event.state(), v1::TRAINING_JOB_STATE_RUNNING);
  }
  AddEvent(1, v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(store_->ListEvents(kJob, 0, 10)->size(), 2u) << "heartbeats are not kept";
}

// Takes as many events as it is given room for.
struct SlowWatcher {
  EventLog log;
  std::atomic<int> room{0};
  absl::Notification asked;
  JobWatcher Watcher() {
    JobWatcher watcher = log.Watcher();
    watcher.on_event = [this, take = watcher.on_event](const v1::TrainingEvent& event) {
      --room;
      take(event);
    };
    watcher.ready = [this] {
      const bool ready = room > 0;
      if (!ready && !asked.HasBeenNotified()) asked.Notify();
      return ready;
    };
    return watcher;
  }
};

// A store that keeps two events of progress.
class CompactedWatchesTest : public JobWatchesTest {
 protected:
  CompactedWatchesTest() {
    watches_.reset();
    auto store = Store::Open(folder_ / "facet.db", {2});
    small_ = *std::move(store);
    job_.set_name(kJob);
    EXPECT_TRUE(small_->InsertJob({job_, ""}, v1::TrainingEvent()).ok());
    for (int step = 1; step <= 9; ++step) Append(step);
    options_.store = small_.get();
    watches_ = std::make_unique<JobWatches>(options_);
  }
  ~CompactedWatchesTest() override { watches_.reset(); }
  void Append(int step, v1::TrainingJobState state = v1::TRAINING_JOB_STATE_RUNNING) {
    job_.set_state(state);
    v1::TrainingEvent event;
    event.set_state(state);
    event.mutable_progress()->set_step(step);
    EXPECT_TRUE(small_->UpdateJob(job_, event).ok());
  }

  TempFolder folder_;
  std::unique_ptr<Store> small_;
};

TEST_F(CompactedWatchesTest, RevisionThatIsNoLongerThereIsToldWithTheOldestThatIs) {
  EventLog log;
  Add(&log, 3);
  const absl::Status status = log.WaitForEnd();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "REVISION_COMPACTED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("misses nothing is 8"));
  EventLog from_oldest;
  Add(&from_oldest, 8);
  from_oldest.WaitForStep(9);
  EXPECT_EQ(from_oldest.events().front().revision(), 9);
}

TEST_F(CompactedWatchesTest, ZeroIsContentWithWhatThereIs) {
  EventLog log;
  Add(&log, 0);
  log.WaitForStep(9);
  Append(10, v1::TRAINING_JOB_STATE_SUCCEEDED);
  watches_->Notify(kJob);
  EXPECT_TRUE(log.WaitForEnd().ok());
  std::vector<int64_t> revisions;
  for (const auto& event : log.events()) revisions.push_back(event.revision());
  EXPECT_THAT(revisions, testing::ElementsAre(1, 9, 10, 11));
}

TEST_F(CompactedWatchesTest, ZeroIsContentThoughMoreGoesWhileItReads) {
  SlowWatcher slow;
  slow.room = 1;
  ASSERT_TRUE(watches_->Add(kJob, 0, slow.Watcher()).ok());
  slow.asked.WaitForNotification();
  for (int step = 10; step <= 14; ++step) Append(step);
  slow.room = 1000;
  watches_->Notify(kJob);
  slow.log.WaitForStep(14);
  // From here on it misses nothing, or is told.
  Append(15);
  Append(16, v1::TRAINING_JOB_STATE_SUCCEEDED);
  watches_->Notify(kJob);
  EXPECT_TRUE(slow.log.WaitForEnd().ok());
  std::vector<int64_t> revisions;
  for (const auto& event : slow.log.events()) revisions.push_back(event.revision());
  EXPECT_THAT(revisions, testing::ElementsAre(1, 14, 15, 16, 17));
}

TEST_F(CompactedWatchesTest, WhoHasCaughtUpAndFallsBehindIsTold) {
  SlowWatcher slow;
  slow.room = 3;
  ASSERT_TRUE(watches_->Add(kJob, 0, slow.Watcher()).ok());
  slow.log.WaitForStep(9);
  Append(10);
  watches_->Notify(kJob);
  slow.asked.WaitForNotification();
  for (int step = 11; step <= 16; ++step) Append(step);
  slow.room = 1000;
  watches_->Notify(kJob);
  const absl::Status status = slow.log.WaitForEnd();
  EXPECT_EQ(GetErrorDetail(status).reason, "REVISION_COMPACTED") << status;
}

TEST_F(JobWatchesTest, NumberIsBounded) {
  options_.max_watches = 1;
  watches_ = std::make_unique<JobWatches>(options_);
  EventLog log;
  const int64_t id = Add(&log);
  EventLog second;
  const absl::Status status = watches_->Add(kJob, 0, second.Watcher()).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(GetErrorDetail(status).reason, "TOO_MANY_WATCHES");
  watches_->Remove(id);
  EXPECT_TRUE(watches_->Add(kJob, 0, second.Watcher()).ok());
  watches_.reset();
}

TEST_F(JobWatchesTest, UnreadyWatcherWaitsAndMissesNothing) {
  for (int step = 1; step <= 100; ++step) AddEvent(step);
  AddEvent(101, v1::TRAINING_JOB_STATE_SUCCEEDED);
  SlowWatcher slow;
  slow.room = 3;
  const int64_t id = watches_->Add(kJob, 0, slow.Watcher()).value();
  slow.asked.WaitForNotification();
  EXPECT_EQ(slow.log.events().size(), 3u);
  EventLog fast;  // is not held up
  Add(&fast);
  EXPECT_TRUE(fast.WaitForEnd().ok());
  slow.room = 1000;
  watches_->Ready(id);
  EXPECT_TRUE(slow.log.WaitForEnd().ok());
  EXPECT_EQ(slow.log.events().size(), 102u);
}

TEST_F(JobWatchesTest, WatcherThatStaysUnreadyIsSentAway) {
  AddEvent(1);
  SlowWatcher slow;
  slow.room = 1;
  watches_->Add(kJob, 0, slow.Watcher()).value();
  slow.asked.WaitForNotification();
  clock_.BlockUntilWaiters(1);
  clock_.Advance(absl::Minutes(1));
  const absl::Status status = slow.log.WaitForEnd();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(GetErrorDetail(status).reason, "WATCH_TOO_SLOW");
  EXPECT_THAT(std::string(status.message()), HasSubstr("after_revision 1"));
}

}  // namespace
}  // namespace facet::server
