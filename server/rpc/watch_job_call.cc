// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/watch_job_call.h"

#include <utility>

#include "server/rpc/handler_wall.h"
#include "server/rpc/wire.h"

namespace facet::server {

void WatchJobCall::Start() {
  call().OnShutdown([weak = std::weak_ptr<StreamWriter>(shared_from_this())] {
    if (auto stream = weak.lock()) stream->Close(CallGate::ShuttingDown());
  });
  OnWorkers(&WatchJobCall::Decode);
}

void WatchJobCall::OnWorkers(void (WatchJobCall::*step)()) {
  const absl::Status status = environment().workers->Schedule([self = Self(), step] { ((*self).*step)(); });
  if (!status.ok()) Close(status);
}

void WatchJobCall::Decode() {
  v1::WatchTrainingJobRequest request;
  const absl::Status status = DecodeMessage(bytes_, &request);
  if (!status.ok()) return Close(status);
  {
    absl::MutexLock lock(&mutex_);
    request_ = std::move(request);
  }
  BeginWatch();
}

void WatchJobCall::BeginWatch() {
  v1::WatchTrainingJobRequest request;
  {
    absl::MutexLock lock(&mutex_);
    request = request_;
  }
  JobWatcher watcher;
  std::weak_ptr<WatchJobCall> weak = Self();
  watcher.on_event = [weak](const v1::TrainingEvent& event) {
    if (auto self = weak.lock()) self->OnEvent(event);
  };
  watcher.on_done = [weak](const absl::Status& status) {
    if (auto self = weak.lock()) self->OnWatchDone(status);
  };
  auto watch = BehindWall([&] { return jobs_->Watch(request, std::move(watcher)); });
  if (!watch.ok()) return Close(watch.status());
  {
    absl::MutexLock lock(&mutex_);
    watch_ = *watch;
  }
  // The client may have gone before there was an id to end.
  if (over()) {
    if (auto id = TakeWatch()) jobs_->Unwatch(*id);
  }
  ResumeIfDrained();
}

void WatchJobCall::OnEvent(const v1::TrainingEvent& event) {
  {
    absl::MutexLock lock(&mutex_);
    if (lagging_) return;
  }
  grpc::ByteBuffer bytes;
  absl::Status status = EncodeMessage(event, environment().max_message_bytes, &bytes);
  if (!status.ok()) return Close(std::move(status));
  const bool queued = TryWrite(bytes);  // calls do not overlap, so events stay in order
  {
    absl::MutexLock lock(&mutex_);
    if (queued) {
      request_.set_after_revision(event.revision());
    } else {
      lagging_ = true;
    }
  }
  if (!queued) ResumeIfDrained();
}

void WatchJobCall::OnWatchDone(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (lagging_) return;  // the next watch will come to it
  }
  Close(status);
}

void WatchJobCall::ResumeIfDrained() {
  if (over() || !drained()) return;
  {
    // Without an id the watch is only just beginning; it looks here again.
    absl::MutexLock lock(&mutex_);
    if (!lagging_ || !watch_.has_value()) return;
  }
  OnWorkers(&WatchJobCall::Rewatch);
}

void WatchJobCall::Rewatch() {
  const std::optional<int64_t> id = TakeWatch();
  if (!id.has_value()) return;  // somebody else is at it
  jobs_->Unwatch(*id);
  {
    absl::MutexLock lock(&mutex_);
    lagging_ = false;
  }
  BeginWatch();
}

std::optional<int64_t> WatchJobCall::TakeWatch() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(watch_, std::nullopt);
}

void WatchJobCall::OnOver() {
  const std::optional<int64_t> id = TakeWatch();
  if (!id.has_value()) return;
  // Unwatch may wait for a callback of the manager, which gRPC's threads must
  // not; where no worker has room, a short wait is better than a leak.
  const absl::Status status =
      environment().workers->Schedule([jobs = jobs_, watch = *id] { jobs->Unwatch(watch); });
  if (!status.ok()) jobs_->Unwatch(*id);
}

}  // namespace facet::server
