// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/stream_pipeline.h"

#include <utility>

#include "base/behind_wall.h"

namespace facet::server {

absl::StatusOr<std::shared_ptr<StreamPipeline::Slot>> StreamPipeline::MakeSlot() {
  return BehindWall([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::StatusOr<std::shared_ptr<Slot>> {
    model::BatchSequence sequence = sequence_;
    const auto batch = sequence.Next();
    if (!batch.has_value()) return nullptr;
    auto slot = std::make_shared<Slot>();
    slot->job = make_job_(
        *batch, [self = shared_from_this(), slot] { self->OnRendering(slot); },
        [self = shared_from_this(), slot](absl::StatusOr<StreamBatch> made) { self->OnDone(slot, std::move(made)); });
    sequence_ = std::move(sequence);
    return slot;
  });
}

void StreamPipeline::Start(const std::shared_ptr<Slot>& slot) {
  std::shared_ptr<BatchJob> job;
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    job = slot->job;
    cancelled = cancelled_;
  }
  if (job == nullptr) return;
  if (cancelled) job->Cancel();
  job->Start();
}

void StreamPipeline::Next(bool another, Callback callback) {
  std::shared_ptr<Slot> begin;
  std::shared_ptr<Slot> begin_ahead;
  std::optional<absl::StatusOr<StreamBatch>> ready;
  {
    absl::MutexLock lock(&mutex_);
    current_ = std::move(ahead_);
    ahead_ = nullptr;
    absl::Status made;
    if (current_ == nullptr) {
      auto slot = MakeSlot();
      made = slot.status();
      if (made.ok()) current_ = begin = *std::move(slot);
    }
    another_ = another;
    if (!made.ok()) {
      ready = std::move(made);
    } else if (current_ == nullptr) {
      ready = absl::OutOfRangeError("the stream has ended");
    } else if (current_->result.has_value()) {
      ready = std::exchange(current_->result, std::nullopt);
    } else {
      current_->waiting = std::move(callback);
    }
    if (another && current_ != nullptr && current_->rendering) ahead_ = begin_ahead = MakeSlotAhead();
  }
  if (begin != nullptr) Start(begin);
  if (begin_ahead != nullptr) Start(begin_ahead);
  // NOLINTNEXTLINE(bugprone-use-after-move): what is ready was not left waiting.
  if (ready.has_value()) callback(*std::move(ready));
}

void StreamPipeline::OnRendering(const std::shared_ptr<Slot>& slot) {
  std::shared_ptr<Slot> begin;
  {
    absl::MutexLock lock(&mutex_);
    slot->rendering = true;
    if (slot == current_ && another_ && ahead_ == nullptr && !cancelled_) ahead_ = begin = MakeSlotAhead();
  }
  if (begin != nullptr) Start(begin);
}

void StreamPipeline::OnDone(const std::shared_ptr<Slot>& slot, absl::StatusOr<StreamBatch> batch) {
  Callback waiting;
  {
    absl::MutexLock lock(&mutex_);
    slot->job = nullptr;  // it holds this
    waiting = std::exchange(slot->waiting, nullptr);
    if (waiting == nullptr) {
      slot->result = std::move(batch);
      return;
    }
  }
  waiting(std::move(batch));
}

void StreamPipeline::Cancel() {
  std::shared_ptr<BatchJob> current, ahead;
  {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    if (current_ != nullptr) current = current_->job;
    if (ahead_ != nullptr) ahead = ahead_->job;
  }
  if (current != nullptr) current->Cancel();
  if (ahead != nullptr) ahead->Cancel();
}

}  // namespace facet::server
