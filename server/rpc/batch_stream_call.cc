// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/batch_stream_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/shutting_down.h"
#include "server/rpc/image_wire.h"
#include "server/rpc/wire.h"

namespace facet::server {
namespace {

absl::Status MissingStart() { return InvalidField("start", "MISSING_START", "the first message must be `start`"); }

}  // namespace

BatchStreamCall* BatchStreamCall::Launch(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                         BatchStreamFactory* streams) {
  std::shared_ptr<BatchStreamCall> call(new BatchStreamCall(environment, context, streams));
  BatchStreamCall* const raw = call.get();
  raw->self_ = std::move(call);
  raw->Begin();
  return raw;
}

void BatchStreamCall::Begin() {
  if (!call_.admission().ok()) return Stop(call_.admission());
  call_.OnShutdown([weak = weak_from_this()] {
    // The token of the last batch resumes the stream elsewhere, so it may be
    // cut between any two.
    if (auto self = weak.lock()) self->Stop(ShuttingDownError());
  });
  StartRead(&incoming_);
}

void BatchStreamCall::OnReadDone(bool ok) {
  if (!ok) return HandleHalfClose();
  const absl::Status status = BehindWall([this] { return HandleMessage(); });
  if (!status.ok()) return Stop(status);
  StartRead(&incoming_);
}

absl::Status BatchStreamCall::HandleMessage() {
  v1::StreamBatchesRequest request;
  RETURN_IF_ERROR(DecodeMessage(incoming_, &request));
  incoming_.Clear();
  switch (request.payload_case()) {
    case v1::StreamBatchesRequest::kStart:
      return HandleStart(request.start());
    case v1::StreamBatchesRequest::kAddCredit:
      return HandleCredit(request.add_credit());
    case v1::StreamBatchesRequest::PAYLOAD_NOT_SET:
      break;
  }
  return InvalidField("payload", "MISSING_PAYLOAD", "a message has neither `start` nor `add_credit`");
}

absl::Status BatchStreamCall::HandleStart(const v1::StreamStart& start) {
  if (start.initial_credit() < 0) {
    return InvalidField("start.initial_credit", "BAD_CREDIT",
                        absl::StrCat("initial_credit is ", start.initial_credit(), "; it must not be negative"));
  }
  {
    absl::MutexLock lock(&mutex_);
    if (started_) return InvalidField("start", "SECOND_START", "only the first message may be `start`");
    started_ = true;
    limited_ = start.initial_credit() > 0;
    credit_ = start.initial_credit();
    if (stopping_.has_value()) return absl::OkStatus();
    busy_ = true;
  }
  absl::Status status =
      call_.environment().model_workers->Schedule([self = shared_from_this(), start] { self->Open(start); });
  if (status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  busy_ = false;
  return status;
}

absl::Status BatchStreamCall::HandleCredit(int32_t credit) {
  if (credit < 1) {
    return InvalidField("add_credit", "BAD_CREDIT", absl::StrCat("add_credit is ", credit, "; it must be at least 1"));
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!started_) return MissingStart();
    credit_ += credit;  // 2^32 messages would be needed to pass 2^63
  }
  Pump();
  return absl::OkStatus();
}

void BatchStreamCall::HandleHalfClose() {
  bool started = false;
  {
    absl::MutexLock lock(&mutex_);
    started = started_;
    half_closed_ = true;
  }
  if (!started) return Stop(MissingStart());
  Pump();
}

void BatchStreamCall::Open(const v1::StreamStart& start) {
  // It may have waited for long: opening what nobody waits for loads models.
  if (call_.cancelled()) Stop(call_.CancellationStatus());
  if (NoLongerWanted()) return Pump();
  auto stream = BehindWall([&] { return streams_->Open(start); });
  const absl::Status opened = stream.status();
  {
    absl::MutexLock lock(&mutex_);
    busy_ = false;
    if (opened.ok()) stream_ = *std::move(stream);
  }
  if (!opened.ok()) return Stop(PrefixField(opened, "start"));
  Pump();
}

bool BatchStreamCall::NoLongerWanted() {
  absl::MutexLock lock(&mutex_);
  if (!stopping_.has_value()) return false;
  busy_ = false;
  return true;
}

bool BatchStreamCall::MayAsk() const { return stream_ != nullptr && (!limited_ || credit_ > 0); }

void BatchStreamCall::Pump() {
  std::shared_ptr<BatchStream> ask;
  bool another = false;
  std::shared_ptr<BatchStream> last;
  absl::Status finish;
  {
    absl::MutexLock lock(&mutex_);
    if (busy_ || finished_) return;
    const bool used_up = half_closed_ && stream_ != nullptr && !MayAsk();
    if (stopping_.has_value() || used_up) {
      finished_ = true;
      finish = stopping_.value_or(absl::OkStatus());
      last = std::move(stream_);
    } else if (MayAsk()) {
      busy_ = true;
      if (limited_) --credit_;
      another = MayAsk();
      ask = stream_;
    } else {
      return;
    }
  }
  if (ask == nullptr) return Conclude(std::move(last), finish);
  const absl::Status asked = BehindWall([&] {
    ask->Next(another,
              [self = shared_from_this()](absl::StatusOr<StreamBatch> batch) { self->OnBatch(std::move(batch)); });
    return absl::OkStatus();
  });
  if (asked.ok()) return;
  {
    // What has thrown does not call back.
    absl::MutexLock lock(&mutex_);
    busy_ = false;
  }
  ask.reset();
  Stop(asked);
}

void BatchStreamCall::Conclude(std::shared_ptr<BatchStream> stream, const absl::Status& status) {
  // The stream's place is free before the client hears of the end, unless a
  // thread is still on its way out of Next. Not here: we may be in a callback of
  // the very stream.
  auto conclude = [self = shared_from_this(), stream = std::move(stream), status]() mutable {
    stream.reset();
    self->Finish(self->call_.End(status));
  };
  if (call_.environment().workers->Schedule(conclude).ok()) return;
  conclude();
}

void BatchStreamCall::OnBatch(absl::StatusOr<StreamBatch> batch) {
  absl::Status status = batch.status();
  if (status.ok()) {
    status =
        BehindWall([&] { return EncodeBatch(*std::move(batch), call_.environment().max_message_bytes, &outgoing_); });
  }
  bool cut_off = false;
  {
    absl::MutexLock lock(&mutex_);
    cut_off = stopping_.has_value();
    if (!status.ok() || cut_off) busy_ = false;
  }
  if (absl::IsOutOfRange(status)) return Stop(absl::OkStatus());
  if (!status.ok()) return Stop(status);
  if (cut_off) return Pump();
  StartWrite(&outgoing_);
}

void BatchStreamCall::OnWriteDone(bool ok) {
  outgoing_.Clear();
  {
    absl::MutexLock lock(&mutex_);
    busy_ = false;
  }
  if (!ok) return Stop(absl::CancelledError("the client has gone"));
  Pump();
}

void BatchStreamCall::OnCancel() { Stop(absl::CancelledError("the client has cancelled the call")); }

void BatchStreamCall::Stop(absl::Status status) {
  std::shared_ptr<BatchStream> stream;
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_.has_value()) stopping_ = std::move(status);
    stream = stream_;
  }
  if (stream != nullptr) stream->Cancel();  // what is being computed ends soon
  stream.reset();
  Pump();
}

void BatchStreamCall::OnDone() {
  call_.OnDone();
  std::shared_ptr<BatchStreamCall> self = std::move(self_);
}

}  // namespace facet::server
