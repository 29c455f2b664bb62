// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/render_call.h"

#include <utility>

#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/shutting_down.h"
#include "server/rpc/image_wire.h"
#include "server/rpc/vectors.h"
#include "server/rpc/wire.h"

namespace facet::server {
namespace {

// Larger requests take longer to read than gRPC's threads should be held up.
constexpr size_t kReadHere = 64 << 10;

}  // namespace

RenderCall* RenderCall::Launch(const GenerationParts& parts, grpc::CallbackServerContext* context,
                               const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  std::shared_ptr<RenderCall> call(new RenderCall(parts, context, request, response));
  RenderCall* const raw = call.get();
  raw->self_ = std::move(call);
  raw->Begin();
  return raw;
}

void RenderCall::Begin() {
  absl::Status status = call_.admission();
  call_.OnCutOff([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->CutOff();
  });
  if (status.ok()) status = BehindWall([this] { return BeginHere(); });
  if (!status.ok()) End(status);
}

absl::Status RenderCall::BeginHere() {
  ModelHandle model;
  if (bytes_.Length() <= kReadHere) {
    RETURN_IF_ERROR(Decode());
    ASSIGN_OR_RETURN(model, parts_.models->TryAcquire(request_.model(), "model"));
    if (model != nullptr) return StartJob(model);
  }
  return Schedule(parts_.environment.workers, &RenderCall::BeginOnWorkers);
}

absl::Status RenderCall::Schedule(WorkerPool* workers, absl::Status (RenderCall::*step)()) {
  return workers->Schedule([self = shared_from_this(), step] {
    const absl::Status status = BehindWall([&] { return (self.get()->*step)(); });
    if (!status.ok()) self->End(status);
  });
}

absl::Status RenderCall::BeginOnWorkers() {
  if (call_.cancelled()) return call_.CancellationStatus();
  if (bytes_.Length() > kReadHere) RETURN_IF_ERROR(Decode());
  ASSIGN_OR_RETURN(const ModelHandle model, parts_.models->AcquireLoaded(request_.model(), "model"));
  if (model != nullptr) return StartJob(model);
  return Schedule(parts_.environment.model_workers, &RenderCall::LoadAndBegin);
}

absl::Status RenderCall::LoadAndBegin() {
  if (call_.cancelled()) return call_.CancellationStatus();
  ASSIGN_OR_RETURN(const ModelHandle model, parts_.models->Acquire(request_.model(), "model"));
  return StartJob(model);
}

absl::Status RenderCall::Decode() {
  RETURN_IF_ERROR(DecodeMessage(bytes_, &request_, LimitsOfVectors(parts_.max_render_vectors)));
  return CheckVectorCount(request_.vectors(), parts_.max_render_vectors);
}

absl::Status RenderCall::StartJob(const ModelHandle& model) {
  ImageRequest images;
  auto format = ParseOutputFormat(request_.format());
  if (!format.ok()) return PrefixField(format.status(), "format");
  images.format = *format;
  images.count = request_.vectors_size();
  ASSIGN_OR_RETURN(images.dense, ResolveVectors(model->schema, request_.vectors(), 0, images.count));
  const uint64_t size = images.count * images.format.bytes_per_image(model->renderer->shape());
  const uint64_t limit = parts_.environment.max_message_bytes;
  if (images.format.is_raw() && size > limit) {
    return AnswerTooLarge(size, limit, "ask for fewer images at once, or use RenderStream");
  }
  images.model = model;
  images.deadline = call_.deadline();
  model_version_ = model->name;
  std::shared_ptr<ImageJob> job = ImageJob::Create(parts_.images, std::move(images));
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    job_ = job;
    cancelled = cancelled_;
  }
  if (cancelled) return call_.CancellationStatus();
  return job->Start([self = shared_from_this()](absl::Status status) { self->OnImages(std::move(status)); });
}

void RenderCall::OnImages(absl::Status status) {
  grpc::ByteBuffer answer;
  if (status.ok()) status = BehindWall([&] { return WriteAnswer(&answer); });
  End(status, &answer);
}

absl::Status RenderCall::WriteAnswer(grpc::ByteBuffer* answer) {
  std::shared_ptr<ImageJob> job;
  {
    absl::MutexLock lock(&mutex_);
    job = job_;
  }
  v1::RenderResponse response;
  response.set_model_version(model_version_);
  response.mutable_images()->Swap(&job->images());
  return EncodeImages(std::move(response), parts_.environment.max_message_bytes, answer);
}

void RenderCall::End(const absl::Status& status, grpc::ByteBuffer* answer) {
  if (ended_.exchange(true)) return;
  if (answer != nullptr) response_->Swap(answer);
  Finish(call_.End(status));
}

void RenderCall::CutOff() {
  End(ShuttingDownError());
  DropJob();
}

void RenderCall::DropJob() {
  std::shared_ptr<ImageJob> job;
  {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    job = job_;
  }
  if (job != nullptr) job->Cancel();
}

void RenderCall::OnDone() {
  call_.OnDone();
  std::shared_ptr<RenderCall> self = std::move(self_);
}

}  // namespace facet::server
