// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/watch_job_call.h"

#include <utility>

#include "base/behind_wall.h"
#include "base/status_macros.h"
#include "server/core/shutting_down.h"
#include "server/rpc/wire.h"

namespace facet::server {

void WatchJobCall::Start() {
  call().OnShutdown([weak = std::weak_ptr<StreamWriter>(shared_from_this())] {
    if (auto stream = weak.lock()) stream->Close(ShuttingDownError());
  });
  absl::Status status = environment().workers->Schedule([self = Self()] {
    absl::Status begun = BehindWall([&] { return self->BeginWatch(); });
    if (!begun.ok()) self->Close(std::move(begun));
  });
  if (!status.ok()) Close(std::move(status));
}

absl::Status WatchJobCall::BeginWatch() {
  v1::WatchTrainingJobRequest request;
  RETURN_IF_ERROR(DecodeMessage(bytes_, &request));
  ASSIGN_OR_RETURN(const int64_t watch, jobs_->Watch(request, MakeWatcher()));
  {
    absl::MutexLock lock(&mutex_);
    watch_ = watch;
  }
  // What came while there was no id is made up for.
  if (over()) {
    EndWatch();
  } else {
    OnRoom();
  }
  return absl::OkStatus();
}

// The manager may hold the watcher a little longer than the call lasts.
JobWatcher WatchJobCall::MakeWatcher() {
  std::weak_ptr<WatchJobCall> weak = Self();
  JobWatcher watcher;
  watcher.ready = [weak] {
    auto self = weak.lock();
    return self != nullptr && self->has_room();
  };
  watcher.on_event = [weak](const v1::TrainingEvent& event) {
    if (auto self = weak.lock()) self->OnEvent(event);
  };
  watcher.on_done = [weak](const absl::Status& status) {
    if (auto self = weak.lock()) self->Close(status);
  };
  return watcher;
}

void WatchJobCall::OnEvent(const v1::TrainingEvent& event) {
  grpc::ByteBuffer bytes;
  absl::Status status = EncodeMessage(event, environment().max_message_bytes, &bytes);
  if (!status.ok()) return Close(std::move(status));
  TryWrite(bytes);  // there is room, or the stream is over
}

void WatchJobCall::OnRoom() {
  std::optional<int64_t> watch;
  {
    absl::MutexLock lock(&mutex_);
    watch = watch_;
  }
  if (watch.has_value()) jobs_->WatcherReady(*watch);
}

void WatchJobCall::OnOver() {
  // Ending a watch may wait for the manager, which gRPC's threads must not;
  // where no worker has room, a short wait is better than a leak.
  auto end = [self = Self()] { self->EndWatch(); };
  if (!environment().workers->Schedule(end).ok()) end();
}

void WatchJobCall::EndWatch() {
  std::optional<int64_t> watch;
  {
    absl::MutexLock lock(&mutex_);
    watch = std::exchange(watch_, std::nullopt);
  }
  if (watch.has_value()) jobs_->Unwatch(*watch);
}

}  // namespace facet::server
