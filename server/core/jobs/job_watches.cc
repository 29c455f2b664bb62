// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_watches.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "server/core/jobs/job_state.h"
#include "server/core/shutting_down.h"

namespace facet::server {
namespace {

// Events read at once; then it is another watcher's turn.
constexpr int kBatch = 64;
constexpr absl::Duration kWatchRetry = absl::Seconds(5);

absl::Status TooSlow(const std::string& job, int64_t revision) {
  return WithRetryAfter(WithReason(absl::ResourceExhaustedError(absl::StrCat("events of '", job,
                                                                             "' were not taken in time. Watch again "
                                                                             "with after_revision ",
                                                                             revision)),
                                   "WATCH_TOO_SLOW"),
                        absl::ZeroDuration());
}

// The oldest revision to ask for is the one up to which events are missing: all
// after it are there.
absl::Status Compacted(const std::string& job, int64_t revision, int64_t compacted) {
  return WithReason(
      absl::OutOfRangeError(absl::StrCat("events of '", job, "' after revision ", revision,
                                         " are no longer all kept. The oldest after_revision that misses nothing is ",
                                         compacted, "; 0 gets what is kept of them")),
      "REVISION_COMPACTED");
}

}  // namespace

JobWatches::JobWatches(JobWatchesOptions options) : options_(options), thread_("job-watches", [this] { Loop(); }) {}

JobWatches::~JobWatches() {
  Close(ShuttingDownError());
  thread_.Join();
}

absl::StatusOr<int64_t> JobWatches::Add(const std::string& job, int64_t after_revision, JobWatcher watcher,
                                        absl::Duration heartbeat) {
  absl::MutexLock lock(&mutex_);
  if (!closed_.ok()) return closed_;
  if (static_cast<int>(watches_.size()) >= options_.max_watches) {
    return WithRetryAfter(WithReason(absl::ResourceExhaustedError(absl::StrCat(
                                         options_.max_watches, " watches of training jobs are open already")),
                                     "TOO_MANY_WATCHES"),
                          kWatchRetry);
  }
  auto watch = std::make_shared<Watch>();
  watch->id = ++last_id_;
  watch->job = job;
  watch->watcher = std::move(watcher);
  watch->heartbeat = heartbeat;
  watch->revision = after_revision;
  watch->takes_gaps = after_revision == 0;
  watch->last_sent = options_.clock->Now();
  watches_[watch->id] = watch;
  SetDue(watch->id);
  return watch->id;
}

void JobWatches::Remove(int64_t id) {
  absl::MutexLock lock(&mutex_);
  const auto watch = watches_.find(id);
  if (watch != watches_.end()) {
    const WatchPtr removed = watch->second;
    removed->removed = true;
    Forget(*removed);
  }
  if (loop_ == std::this_thread::get_id()) return;
  const auto idle = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !calling_ || turn_ != id; };
  mutex_.Await(absl::Condition(&idle));
}

void JobWatches::Notify(const std::string& job) {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  for (const auto& [id, watch] : watches_) {
    if (watch->job == job) SetDue(id);
  }
}

void JobWatches::Ready(int64_t id) {
  absl::MutexLock lock(&mutex_);
  if (watches_.count(id) > 0) SetDue(id);
}

void JobWatches::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (closed_.ok()) closed_ = status;
  wake_ = true;
  if (loop_ == std::this_thread::get_id()) return;
  const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return watches_.empty() && !calling_; };
  mutex_.Await(absl::Condition(&ended));
}

void JobWatches::SetDue(int64_t id) {
  due_.insert(id);
  wake_ = true;
}

void JobWatches::SetTimer(Watch& watch, absl::Time time) {
  if (watch.timer == time) return;
  timers_.erase({watch.timer, watch.id});
  watch.timer = time;
  if (time != absl::InfiniteFuture()) timers_.insert({time, watch.id});
}

void JobWatches::RingTimers() {
  const absl::Time now = options_.clock->Now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const int64_t id = timers_.begin()->second;
    SetTimer(*watches_.at(id), absl::InfiniteFuture());
    SetDue(id);
  }
}

void JobWatches::Forget(Watch& watch) {
  SetTimer(watch, absl::InfiniteFuture());
  due_.erase(watch.id);
  watches_.erase(watch.id);
}

void JobWatches::Loop() {
  {
    absl::MutexLock lock(&mutex_);
    loop_ = std::this_thread::get_id();
  }
  while (true) {
    WatchPtr watch;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time deadline = timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first;
      options_.clock->AwaitUntil(mutex_, absl::Condition(&wake_), deadline);
      if (!closed_.ok()) break;
      RingTimers();
      watch = TakeDue();
    }
    if (watch != nullptr) Serve(*watch);
  }
  EndAll();
}

JobWatches::WatchPtr JobWatches::TakeDue() {
  auto next = due_.upper_bound(turn_);
  if (next == due_.end()) next = due_.begin();
  wake_ = next != due_.end();
  if (!wake_) return nullptr;
  turn_ = *next;
  calling_ = true;
  due_.erase(next);
  return watches_.at(turn_);
}

void JobWatches::Serve(Watch& watch) {
  absl::Status end;
  auto delivered = BehindWall([&]() -> absl::StatusOr<Progress> { return Deliver(watch, &end); });
  if (!delivered.ok()) end = delivered.status();
  const Progress progress = delivered.value_or(Progress::kOver);
  if (NoteProgress(watch, progress, &end)) End(watch, end);
  absl::MutexLock lock(&mutex_);
  calling_ = false;
}

const JobWatches::Page& JobWatches::Read(const Watch& watch) {
  int64_t generation = 0;
  {
    absl::MutexLock lock(&mutex_);
    generation = generation_;
  }
  if (page_.job == watch.job && page_.after == watch.revision && page_.generation == generation) return page_;
  page_ = {watch.job, watch.revision, generation, options_.store->ListEvents(watch.job, watch.revision, kBatch),
           0,         std::nullopt};
  // After the events: what went missing before they were read shows.
  const auto compacted = options_.store->CompactedRevision(watch.job);
  if (compacted.ok()) {
    page_.compacted = *compacted;
  } else {
    page_.events = compacted.status();
  }
  return page_;
}

bool JobWatches::HasGap(const Watch& watch, const Page& page) {
  return !watch.takes_gaps && watch.revision < page.compacted;
}

JobWatches::Progress JobWatches::Deliver(Watch& watch, absl::Status* end) {
  const Page& page = Read(watch);
  *end = page.events.status();
  if (end->ok() && HasGap(watch, page)) *end = Compacted(watch.job, watch.revision, page.compacted);
  if (!end->ok()) return Progress::kOver;
  if (page.events->empty()) return DeliverNone(watch, end);
  for (const v1::TrainingEvent& event : *page.events) {
    if (IsRemoved(watch)) return Progress::kOver;
    if (watch.watcher.ready && !watch.watcher.ready()) return Progress::kUnready;
    watch.watcher.on_event(event);
    watch.revision = event.revision();
    watch.last_sent = options_.clock->Now();
    watch.unready_since = absl::InfiniteFuture();
    if (HasEnded(event.state())) return Progress::kOver;
  }
  if (static_cast<int>(page.events->size()) == kBatch) return Progress::kMore;
  watch.takes_gaps = false;
  return Progress::kCaughtUp;
}

JobWatches::Progress JobWatches::DeliverNone(Watch& watch, absl::Status* end) {
  watch.takes_gaps = false;
  if (!page_.record.has_value()) page_.record = options_.store->GetJob(watch.job);
  const absl::StatusOr<JobRecord>& record = *page_.record;
  *end = record.status();
  const bool over = !record.ok() || (HasEnded(record->job.state()) && watch.revision >= record->job.revision());
  if (over) return Progress::kOver;
  const bool quiet = options_.clock->Now() >= watch.last_sent + watch.heartbeat;
  if (quiet && !IsRemoved(watch)) Heartbeat(watch, record->job);
  return Progress::kCaughtUp;
}

// One that is not ready needs none: something is on its way to it.
void JobWatches::Heartbeat(Watch& watch, const v1::TrainingJob& job) {
  watch.last_sent = options_.clock->Now();
  if (watch.watcher.ready && !watch.watcher.ready()) return;
  v1::TrainingEvent event;
  event.set_revision(watch.revision);
  event.mutable_time()->set_seconds(absl::ToUnixSeconds(options_.wall_clock->Now()));
  event.set_state(job.state());
  event.set_attempt(job.attempt());
  event.mutable_heartbeat();
  watch.watcher.on_event(event);
}

bool JobWatches::NoteProgress(Watch& watch, Progress progress, absl::Status* end) {
  if (progress == Progress::kOver) return true;
  const absl::Time now = options_.clock->Now();
  watch.unready_since = progress == Progress::kUnready ? std::min(watch.unready_since, now) : absl::InfiniteFuture();
  const absl::Time patient_until = watch.unready_since + options_.patience;
  if (patient_until <= now) {
    *end = TooSlow(watch.job, watch.revision);
    return true;
  }
  absl::MutexLock lock(&mutex_);
  if (watch.removed) return true;
  if (progress == Progress::kMore) SetDue(watch.id);
  SetTimer(watch, progress == Progress::kUnready ? patient_until : watch.last_sent + watch.heartbeat);
  return false;
}

void JobWatches::End(Watch& watch, const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (watch.removed) return;
    Forget(watch);
  }
  watch.watcher.on_done(status);
}

bool JobWatches::IsRemoved(const Watch& watch) {
  absl::MutexLock lock(&mutex_);
  return watch.removed;
}

void JobWatches::EndAll() {
  while (true) {
    WatchPtr watch;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      calling_ = !watches_.empty();
      if (!calling_) return;
      watch = watches_.begin()->second;
      turn_ = watch->id;
      status = closed_;
    }
    End(*watch, status);
  }
}

}  // namespace facet::server
