// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_watches.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "server/core/jobs/job_state.h"

namespace facet::server {
namespace {

// Events read at once; then it is another watcher's turn.
constexpr int kBatch = 64;
constexpr absl::Duration kWatchRetry = absl::Seconds(5);

absl::Status TooSlow(const std::string& job, int64_t revision) {
  return WithRetryAfter(
      WithReason(absl::ResourceExhaustedError(absl::StrCat("events of '", job,
                                                           "' were not taken in time. Watch again "
                                                           "with after_revision ",
                                                           revision)),
                 "WATCH_TOO_SLOW"),
      absl::ZeroDuration());
}

}  // namespace

JobWatches::JobWatches(JobWatchesOptions options)
    : options_(options), thread_("job-watches", [this] { Loop(); }) {}

JobWatches::~JobWatches() {
  Close(absl::UnavailableError("the server is shutting down"));
  thread_.Join();
}

absl::StatusOr<int64_t> JobWatches::Add(const std::string& job, int64_t after_revision, JobWatcher watcher) {
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
  watch->revision = after_revision;
  watches_[watch->id] = watch;
  wake_ = true;
  return watch->id;
}

void JobWatches::Remove(int64_t id) {
  absl::MutexLock lock(&mutex_);
  const auto watch = watches_.find(id);
  if (watch != watches_.end()) {
    watch->second->removed = true;
    watches_.erase(watch);
  }
  if (loop_ == std::this_thread::get_id()) return;
  const auto idle = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !calling_ || turn_ != id; };
  mutex_.Await(absl::Condition(&idle));
}

void JobWatches::Notify(const std::string& job) {
  absl::MutexLock lock(&mutex_);
  for (auto& [id, watch] : watches_) {
    if (watch->job == job) watch->due = wake_ = true;
  }
}

void JobWatches::Ready(int64_t id) {
  absl::MutexLock lock(&mutex_);
  const auto watch = watches_.find(id);
  if (watch != watches_.end()) watch->second->due = wake_ = true;
}

void JobWatches::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (closed_.ok()) closed_ = status;
  wake_ = true;
  if (loop_ == std::this_thread::get_id()) return;
  const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return watches_.empty() && !calling_; };
  mutex_.Await(absl::Condition(&ended));
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
      options_.clock->AwaitUntil(mutex_, absl::Condition(&wake_), NextDeadline());
      if (!closed_.ok()) break;
      watch = TakeDue();
    }
    if (watch != nullptr) Serve(*watch);
  }
  EndAll();
}

absl::Time JobWatches::NextDeadline() const {
  absl::Time deadline = absl::InfiniteFuture();
  for (const auto& [id, watch] : watches_)
    deadline = std::min(deadline, watch->unready_since + options_.patience);
  return deadline;
}

bool JobWatches::OutOfPatience(const Watch& watch) const {
  return watch.unready_since + options_.patience <= options_.clock->Now();
}

JobWatches::WatchPtr JobWatches::TakeDue() {
  auto next = watches_.upper_bound(turn_);
  for (size_t i = 0; i < watches_.size(); ++i, ++next) {
    if (next == watches_.end()) next = watches_.begin();
    WatchPtr watch = next->second;
    if (!watch->due && !OutOfPatience(*watch)) continue;
    watch->due = false;
    turn_ = watch->id;
    calling_ = true;
    return watch;
  }
  wake_ = false;
  return nullptr;
}

void JobWatches::Serve(Watch& watch) {
  absl::Status end;
  const int64_t before = watch.revision;
  const Progress progress = Deliver(watch, &end);
  if (NoteProgress(watch, progress, watch.revision > before, &end)) End(watch, end);
  absl::MutexLock lock(&mutex_);
  calling_ = false;
}

JobWatches::Progress JobWatches::Deliver(Watch& watch, absl::Status* end) {
  const auto events = options_.store->ListEvents(watch.job, watch.revision, kBatch);
  if (!events.ok()) {
    *end = events.status();
    return Progress::kOver;
  }
  if (events->empty()) return DeliverNone(watch, end);
  for (const v1::TrainingEvent& event : *events) {
    if (IsRemoved(watch)) return Progress::kOver;
    if (watch.watcher.ready && !watch.watcher.ready()) return Progress::kUnready;
    watch.watcher.on_event(event);
    watch.revision = event.revision();
    if (HasEnded(event.state())) return Progress::kOver;
  }
  return static_cast<int>(events->size()) == kBatch ? Progress::kMore : Progress::kCaughtUp;
}

JobWatches::Progress JobWatches::DeliverNone(const Watch& watch, absl::Status* end) {
  const auto record = options_.store->GetJob(watch.job);
  *end = record.status();
  const bool over =
      !record.ok() || (HasEnded(record->job.state()) && watch.revision >= record->job.revision());
  return over ? Progress::kOver : Progress::kCaughtUp;
}

bool JobWatches::NoteProgress(Watch& watch, Progress progress, bool delivered, absl::Status* end) {
  absl::MutexLock lock(&mutex_);
  if (delivered || progress != Progress::kUnready) watch.unready_since = absl::InfiniteFuture();
  if (progress == Progress::kMore) watch.due = wake_ = true;
  if (progress != Progress::kUnready) return progress == Progress::kOver;
  watch.unready_since = std::min(watch.unready_since, options_.clock->Now());
  if (!OutOfPatience(watch)) return false;
  *end = TooSlow(watch.job, watch.revision);
  return true;
}

void JobWatches::End(Watch& watch, const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (watch.removed) return;
    watches_.erase(watch.id);
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
