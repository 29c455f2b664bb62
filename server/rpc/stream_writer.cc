// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/stream_writer.h"

#include <utility>

#include "server/core/shutting_down.h"

namespace facet::server {

StreamWriter* StreamWriter::Launch(std::shared_ptr<StreamWriter> stream) {
  StreamWriter* const raw = stream.get();
  raw->self_ = std::move(stream);
  if (raw->call_.admission().ok()) {
    raw->call_.OnCutOff([weak = raw->weak_from_this()] {
      if (const auto self = weak.lock()) self->Close(ShuttingDownError());
    });
    raw->Start();
  } else {
    raw->Close(raw->call_.admission());
  }
  // gRPC binds the reactor after the handler has returned it, so OnDone cannot
  // have come yet.
  return raw;
}

bool StreamWriter::TryWrite(const grpc::ByteBuffer& message) {
  {
    absl::MutexLock lock(&mutex_);
    if (closing_.has_value() || queue_.size() >= capacity_) return false;
    queue_.push_back(message);
  }
  Pump();
  return true;
}

void StreamWriter::Close(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (closing_.has_value()) return;
    if (!status.ok()) queue_.clear();
    closing_ = std::move(status);
  }
  OnOver();
  Pump();
}

bool StreamWriter::has_room() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size() < capacity_;
}

bool StreamWriter::over() const {
  absl::MutexLock lock(&mutex_);
  return closing_.has_value();
}

void StreamWriter::Pump() {
  std::optional<absl::Status> finish;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      current_.Swap(&queue_.front());
      queue_.pop_front();
      writing_ = true;
    } else if (closing_.has_value()) {
      finished_ = true;
      finish = *closing_;
    } else {
      return;
    }
  }
  if (finish.has_value()) {
    Finish(call_.End(*finish));  // OnDone may be next: touch nothing after
  } else {
    StartWrite(&current_);
  }
}

void StreamWriter::OnWriteDone(bool ok) {
  bool room = false;
  grpc::ByteBuffer written;  // freed after the lock
  {
    absl::MutexLock lock(&mutex_);
    written.Swap(&current_);
    writing_ = false;
    room = !closing_.has_value();
  }
  if (!ok) return Gone();
  Pump();
  if (room) OnRoom();
}

void StreamWriter::OnCancel() { Gone(); }

void StreamWriter::Gone() {
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    queue_.clear();
    first = !closing_.has_value();
    if (first) closing_ = absl::CancelledError("the client has cancelled the call");
  }
  if (first) OnOver();
  Pump();
}

void StreamWriter::OnDone() {
  call_.OnDone();
  std::shared_ptr<StreamWriter> self = std::move(self_);  // may be the last owner
}

}  // namespace facet::server
