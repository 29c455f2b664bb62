// SPDX-License-Identifier: Apache-2.0
#include "client/src/stream_batch_reader.h"

#include <utility>

#include "client/src/pin_versions.h"
#include "client/src/status.h"

namespace facet::client {

StreamBatchReader::StreamBatchReader(v1::AugmentationService::StubInterface* stub, std::string address,
                                     BatchReaderOptions options)
    : stub_(stub), address_(std::move(address)), options_(std::move(options)), reconnect_(options_.patience) {}

StreamBatchReader::~StreamBatchReader() {
  if (stream_ == nullptr) return;
  Cancel();
  Finish().IgnoreError();
}

absl::StatusOr<std::optional<v1::StreamBatchesResponse>> StreamBatchReader::Next() {
  while (!end_.has_value()) {
    v1::StreamBatchesResponse batch;
    if ((stream_ != nullptr || Connect()) && stream_->Read(&batch)) {
      reconnect_.Succeeded();
      RememberPlace(batch);
      v1::StreamBatchesRequest credit;
      credit.set_add_credit(1);
      // A failed write shows in the next read, which knows the status.
      stream_->Write(credit);
      return batch;
    }
    const absl::Status status = Finish();
    if (!reconnect_.Wait(status, cancelled_)) end_ = status;
    // Whatever the connection says of it.
    if (cancelled_.HasBeenNotified()) end_ = absl::CancelledError("the reader was cancelled");
  }
  if (end_->ok()) return std::nullopt;
  return *end_;
}

void StreamBatchReader::RememberPlace(const v1::StreamBatchesResponse& batch) {
  v1::StreamSpec& spec = options_.spec;
  options_.resume_token = batch.token();
  PinVersions(batch, spec);
  // The token stands for the end of a step; those after it up to our next one
  // belong to the other workers.
  if (spec.workers() > 1) spec.set_worker(spec.workers() - 1);
}

bool StreamBatchReader::Connect() {
  {
    absl::MutexLock lock(&mutex_);
    context_ = std::make_unique<grpc::ClientContext>();
    if (cancelled_.HasBeenNotified()) context_->TryCancel();
    stream_ = stub_->StreamBatches(context_.get());
  }
  v1::StreamBatchesRequest request;
  auto* start = request.mutable_start();
  *start->mutable_spec() = options_.spec;
  start->set_resume_token(options_.resume_token);
  start->set_initial_credit(std::max(1, options_.prefetch));
  return stream_->Write(request);
}

absl::Status StreamBatchReader::Finish() {
  const grpc::Status status = stream_->Finish();
  stream_.reset();
  return FromGrpc(status, address_);
}

void StreamBatchReader::Cancel() {
  absl::MutexLock lock(&mutex_);
  if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace facet::client
