// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/import_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
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
  auto* call = new ImportCall(environment, context, datasets, slots, response);
  call->Begin();
  return call;
}

ImportCall::~ImportCall() {
  if (has_slot_) slots_->Return();
}

void ImportCall::Begin() {
  absl::Status status = call_.admission();
  if (status.ok()) status = slots_->Take();
  if (!status.ok()) return End(status);
  has_slot_ = true;
  StartRead(&bytes_);
}

void ImportCall::OnReadDone(bool ok) { Schedule(ok ? &ImportCall::TakeMessage : &ImportCall::Complete); }

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
  StartRead(&bytes_);
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
