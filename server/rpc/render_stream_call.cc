// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/render_stream_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/rpc/delay.h"
#include "server/rpc/image_wire.h"
#include "server/rpc/vectors.h"
#include "server/rpc/wire.h"

namespace facet::server {
namespace {

constexpr int kDefaultChunk = 16;
constexpr int kMaxChunk = 256;
// Room for the fields around the pixels, and for what PNG adds to noise.
constexpr uint64_t kMessageSlack = 64 << 10;

bool IsQueueFull(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted && GetErrorDetail(status).retry_after.has_value();
}

}  // namespace

void RenderStreamCall::Start() {
  deadline_ = call().deadline();
  Schedule(parts_.environment.workers, &RenderStreamCall::Prepare);
}

void RenderStreamCall::Schedule(WorkerPool* workers, absl::Status (RenderStreamCall::*step)()) {
  absl::Status scheduled = workers->Schedule([self = Self(), step] {
    const absl::Status status = BehindWall([&] { return (self.get()->*step)(); });
    if (!status.ok()) self->Close(status);
  });
  if (!scheduled.ok()) Close(std::move(scheduled));
}

absl::Status RenderStreamCall::Prepare() {
  if (over()) return call().CancellationStatus();
  RETURN_IF_ERROR(DecodeMessage(*bytes_, &request_, LimitsOfVectors(parts_.max_stream_vectors)));
  RETURN_IF_ERROR(CheckVectorCount(request_.vectors(), parts_.max_stream_vectors));
  auto format = ParseOutputFormat(request_.format());
  if (!format.ok()) return PrefixField(format.status(), "format");
  format_ = *format;
  ASSIGN_OR_RETURN(model_, parts_.models->AcquireLoaded(request_.model(), "model"));
  if (model_ != nullptr) return BeginChunks();
  Schedule(parts_.environment.model_workers, &RenderStreamCall::LoadAndBegin);
  return absl::OkStatus();
}

absl::Status RenderStreamCall::LoadAndBegin() {
  if (over()) return call().CancellationStatus();
  ASSIGN_OR_RETURN(model_, parts_.models->Acquire(request_.model(), "model"));
  return BeginChunks();
}

absl::Status RenderStreamCall::BeginChunks() {
  RETURN_IF_ERROR(ChooseChunkSize());
  RETURN_IF_ERROR(CheckVectors(model_->schema, request_.vectors()));
  StartChunks();
  return absl::OkStatus();
}

absl::Status RenderStreamCall::ChooseChunkSize() {
  const int asked = request_.chunk_size();
  if (asked < 0 || asked > kMaxChunk) {
    return InvalidField(
        "chunk_size", "BAD_CHUNK_SIZE",
        absl::StrCat("chunk_size is ", asked, "; it must be from 1 to ", kMaxChunk, ", or 0 for ", kDefaultChunk));
  }
  const uint64_t image = format_.bytes_per_image(model_->renderer->shape());
  const uint64_t limit = parts_.environment.max_message_bytes;
  const uint64_t room = limit > kMessageSlack ? limit - kMessageSlack : 0;
  if (image > room) return AnswerTooLarge(image, limit, "one image alone does not fit; raise the server's limit");
  // A chunk that passes the limit is cut to what fits.
  chunk_size_ = static_cast<int>(std::min<uint64_t>(asked == 0 ? kDefaultChunk : asked, room / image));
  return absl::OkStatus();
}

void RenderStreamCall::StartChunks() {
  while (!over()) {
    int chunk = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (in_window_ >= kWindow || retry_pending_) return;
      if (!put_back_.empty()) {
        chunk = *put_back_.begin();
        put_back_.erase(put_back_.begin());
      } else if (next_chunk_ < chunk_count()) {
        chunk = next_chunk_++;
      } else {
        return;
      }
      ++in_window_;
    }
    const absl::Status status = BehindWall([&] { return StartChunk(chunk); });
    if (status.ok()) continue;
    // A stream that has not begun is refused; one that has waits for its turn.
    if (chunk > 0 && IsQueueFull(status)) {
      return RetryLater(chunk, GetErrorDetail(status).retry_after.value_or(absl::ZeroDuration()));
    }
    return Close(status);
  }
}

absl::Status RenderStreamCall::StartChunk(int chunk) {
  const int begin = chunk * chunk_size_;
  ImageRequest images;
  images.model = model_;
  images.format = format_;
  images.count = std::min(chunk_size_, request_.vectors_size() - begin);
  images.deadline = deadline_;
  ASSIGN_OR_RETURN(images.dense, ResolveVectors(model_->schema, request_.vectors(), begin, images.count));
  std::shared_ptr<ImageJob> job = ImageJob::Create(parts_.images, std::move(images));
  {
    absl::MutexLock lock(&mutex_);
    running_[chunk] = job;
  }
  absl::Status status = job->Start([self = Self(), chunk, weak = std::weak_ptr<ImageJob>(job)](
                                       const absl::Status& done) { self->OnChunk(chunk, weak.lock(), done); });
  // Over in between: OnOver may have missed it.
  if (status.ok() && over()) job->Cancel();
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    running_.erase(chunk);
  }
  return status;
}

void RenderStreamCall::RetryLater(int chunk, absl::Duration delay) {
  {
    absl::MutexLock lock(&mutex_);
    --in_window_;
    put_back_.insert(chunk);
    if (std::exchange(retry_pending_, true)) return;
  }
  const absl::Duration wait = std::clamp(delay, absl::Milliseconds(2), absl::Seconds(1));
  RunAfter(wait, [self = Self()] {
    {
      absl::MutexLock lock(&self->mutex_);
      self->retry_pending_ = false;
    }
    self->StartChunks();
  });
}

void RenderStreamCall::OnChunk(int chunk, const std::shared_ptr<ImageJob>& job, const absl::Status& status) {
  absl::Status encoded = status;
  if (encoded.ok()) encoded = BehindWall([&] { return EncodeChunk(chunk, *job); });
  {
    absl::MutexLock lock(&mutex_);
    running_.erase(chunk);
  }
  if (!encoded.ok()) return Close(encoded);
  Forward();
}

absl::Status RenderStreamCall::EncodeChunk(int chunk, ImageJob& job) {
  v1::RenderStreamResponse response;
  response.set_first_index(chunk * chunk_size_);
  response.set_model_version(model_->name);
  response.mutable_images()->Swap(&job.images());
  grpc::ByteBuffer bytes;
  RETURN_IF_ERROR(EncodeImages(std::move(response), parts_.environment.max_message_bytes, &bytes));
  absl::MutexLock lock(&mutex_);
  ready_[chunk].Swap(&bytes);
  return absl::OkStatus();
}

void RenderStreamCall::Forward() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(forwarding_, true)) return;  // who forwards now takes these along
  }
  while (true) {
    grpc::ByteBuffer bytes;
    {
      absl::MutexLock lock(&mutex_);
      const auto entry = ready_.find(next_send_);
      if (entry == ready_.end()) {
        forwarding_ = false;
        break;
      }
      bytes.Swap(&entry->second);
      ready_.erase(entry);
      ++next_send_;
    }
    TryWrite(bytes);  // the window is no larger than the writer's queue
  }
  bool last = false;
  {
    absl::MutexLock lock(&mutex_);
    last = next_send_ == chunk_count();
  }
  if (last) Close(absl::OkStatus());
}

void RenderStreamCall::OnRoom() {
  {
    absl::MutexLock lock(&mutex_);
    --in_window_;
  }
  StartChunks();
}

void RenderStreamCall::OnOver() {
  std::vector<std::shared_ptr<ImageJob>> running;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [chunk, job] : running_) running.push_back(job);
  }
  for (const auto& job : running) job->Cancel();
}

}  // namespace facet::server
