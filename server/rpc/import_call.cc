// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/import_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/shutting_down.h"
#include "server/rpc/wire.h"

namespace facet::server {

absl::Status ImportSlots::Take() {
  if (taken_.fetch_add(1) < max_imports_) return absl::OkStatus();
  Return();
  return WithRetryAfter(WithReason(absl::ResourceExhaustedError(absl::StrCat("the server has its limit of ",
                                                                             max_imports_, " imports in progress")),
                                   "TOO_MANY_IMPORTS"),
                        absl::Seconds(5));
}

ImportCall* ImportCall::Launch(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                               DatasetRegistry* datasets, ImportSlots* slots, grpc::ByteBuffer* response) {
  std::shared_ptr<ImportCall> call(new ImportCall(environment, context, datasets, slots, response));
  ImportCall* const raw = call.get();
  raw->self_ = std::move(call);
  raw->Begin();
  return raw;
}

void ImportCall::Begin() {
  if (!call_.admission().ok()) return End(call_.admission());
  WatchSilence(slots_->max_silence());
  Read();
  // The last: it may end the call at once.
  call_.OnShutdown([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnShutdown();
  });
  call_.OnCutOff([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnCutOff();
  });
}

void ImportCall::Read() {
  const auto self = shared_from_this();  // what was read may end the call at once
  bool shutting_down = false;
  {
    absl::MutexLock lock(&mutex_);
    shutting_down = shutting_down_;
    reading_ = !shutting_down;
    if (reading_) ++starting_;
    reading_since_ = call_.environment().clock->Now();
  }
  if (shutting_down) {
    import_.reset();
    return End(ShuttingDownError());
  }
  StartRead(&bytes_);
  {
    absl::MutexLock lock(&mutex_);
    --starting_;
    if (!shutting_down_ || !WaitsForClient()) return;
    ended_ = true;  // of this OnShutdown could not see to
  }
  EndReading(ShuttingDownError());
}

void ImportCall::OnReadDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;  // while it was read; nothing more is
    reading_ = false;
  }
  if (ok && !has_slot_) {
    const absl::Status taken = slots_->Take();
    if (!taken.ok()) return End(taken);
    has_slot_ = true;
  }
  Schedule(ok ? &ImportCall::TakeMessage : &ImportCall::Complete);
}

void ImportCall::End(const absl::Status& status) {
  DelayedWork silence;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    silence = std::move(silence_);
  }
  silence.Cancel();
  // What was cut off says that it was cancelled, whoever did it.
  Finish(call_.End(!status.ok() && cut_off_.load() ? ShuttingDownError() : status));
}

void ImportCall::OnDone() {
  if (has_slot_) slots_->Return();
  call_.OnDone();
  const std::shared_ptr<ImportCall> self = std::move(self_);
}

void ImportCall::WatchSilence(absl::Duration wait) {
  DelayedWork silence = RunAfter(wait, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->CheckSilence();
  });
  {
    absl::MutexLock lock(&mutex_);
    if (!ended_) silence_ = std::exchange(silence, DelayedWork());
  }
  silence.Cancel();
}

void ImportCall::CheckSilence() {
  absl::Duration left = slots_->max_silence();
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    if (WaitsForClient()) left -= call_.environment().clock->Now() - reading_since_;
    ended_ = left <= absl::ZeroDuration();
  }
  if (left > absl::ZeroDuration()) return WatchSilence(left);
  EndReading(WithReason(absl::AbortedError(absl::StrCat("the import was given up: no message came for ",
                                                        absl::FormatDuration(slots_->max_silence()))),
                        "IMPORT_SILENT"));
}

void ImportCall::EndReading(const absl::Status& status) {
  // Not here: what was uploaded is removed from the disk.
  auto end = [self = shared_from_this(), status] {
    self->import_.reset();
    self->End(status);
  };
  if (!call_.environment().workers->Schedule(end).ok()) end();
}

void ImportCall::OnShutdown() {
  {
    absl::MutexLock lock(&mutex_);
    shutting_down_ = true;
    if (!WaitsForClient()) return;  // Read sees it, now or where the step that runs would read on
    ended_ = true;
  }
  EndReading(ShuttingDownError());
}

void ImportCall::OnCutOff() {
  cut_off_.store(true);
  cancelled_.store(true);
}

void ImportCall::Schedule(void (ImportCall::*step)()) {
  const absl::Status status = slots_->workers()->Schedule([this, step] { (this->*step)(); });
  if (!status.ok()) End(status);
}

void ImportCall::TakeMessage() {
  const absl::Status status = BehindWall([this] { return HandleMessage(); });
  if (!status.ok()) {
    import_.reset();
    return End(status);
  }
  Read();
}

absl::Status ImportCall::HandleMessage() {
  if (cancelled_.load()) return call_.CancellationStatus();
  v1::ImportDatasetRequest request;
  RETURN_IF_ERROR(DecodeMessage(bytes_, &request));
  bytes_.Clear();
  if (request.has_spec()) return HandleSpec(request.spec());
  if (!request.has_chunk()) {
    return InvalidField("payload", "MISSING_PAYLOAD", "a message of the upload has neither `spec` nor `chunk`");
  }
  if (import_ == nullptr) {
    return InvalidField("spec", "MISSING_SPEC", "the first message must be the `spec` of the import");
  }
  return import_->Add(request.chunk());
}

absl::Status ImportCall::HandleSpec(const v1::ImportSpec& spec) {
  if (import_ != nullptr) {
    return InvalidField("spec", "SECOND_SPEC", "only the first message may be a `spec`; chunks follow it");
  }
  auto import = datasets_->BeginImport(spec);
  if (!import.ok()) return import.status();
  import_ = *std::move(import);
  return absl::OkStatus();
}

void ImportCall::Complete() {
  const absl::Status status = BehindWall([this] { return CompleteImport(); });
  import_.reset();
  End(status);
}

absl::Status ImportCall::CompleteImport() {
  // A client that died looks like one that half-closed, until the transport's
  // cancellation arrives: hence the second look.
  if (cancelled_.load() || call_.cancelled()) return call_.CancellationStatus();
  if (import_ == nullptr) {
    return InvalidField("spec", "MISSING_SPEC", "the stream ended before the `spec` of the import");
  }
  ASSIGN_OR_RETURN(const v1::Dataset dataset, import_->Finish(cancelled_));
  return EncodeMessage(dataset, call_.environment().max_message_bytes, response_);
}

}  // namespace facet::server
