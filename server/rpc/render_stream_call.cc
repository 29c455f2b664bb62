// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/render_stream_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
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
  Schedule(parts_.environment.workers, [](RenderStreamCall& self) { return self.Prepare(); });
}

void RenderStreamCall::Schedule(WorkerPool* workers, std::function<absl::Status(RenderStreamCall&)> step) {
  absl::Status scheduled = workers->Schedule([self = Self(), step = std::move(step)] {
    const absl::Status status = BehindWall([&] { return step(*self); });
    if (!status.ok()) self->Close(status);
  });
  if (!scheduled.ok()) Close(std::move(scheduled));
}

absl::Status RenderStreamCall::Prepare() {
  if (over()) return call().CancellationStatus();
  auto input = std::make_shared<Input>();
  RETURN_IF_ERROR(DecodeMessage(bytes_, &input->request, LimitsOfVectors(parts_.max_stream_vectors)));
  bytes_.Clear();
  RETURN_IF_ERROR(TakeMemory(input->request.SpaceUsedLong(), *input));
  RETURN_IF_ERROR(CheckVectorCount(input->request.vectors(), parts_.max_stream_vectors));
  auto format = ParseOutputFormat(input->request.format());
  if (!format.ok()) return PrefixField(format.status(), "format");
  input->format = *format;
  ASSIGN_OR_RETURN(input->model, parts_.models->AcquireLoaded(input->request.model(), "model"));
  if (input->model != nullptr) return BeginChunks(input);
  Schedule(parts_.environment.model_workers, [input](RenderStreamCall& self) { return self.LoadAndBegin(input); });
  return absl::OkStatus();
}

absl::Status RenderStreamCall::LoadAndBegin(const std::shared_ptr<Input>& input) {
  if (over()) return call().CancellationStatus();
  ASSIGN_OR_RETURN(input->model, parts_.models->Acquire(input->request.model(), "model"));
  return BeginChunks(input);
}

absl::Status RenderStreamCall::BeginChunks(const std::shared_ptr<Input>& input) {
  RETURN_IF_ERROR(ChooseChunkSize(*input));
  RETURN_IF_ERROR(CheckVectors(input->model->schema, input->request.vectors()));
  RETURN_IF_ERROR(TakeMemory(input->memory.bytes() + BytesInWindow(*input), *input));
  {
    absl::MutexLock lock(&mutex_);
    if (over_) return absl::OkStatus();  // whoever ended it has told
    input_ = input;
    chunk_count_ = input->chunk_count();
    moved_ = environment().clock->Now();
  }
  WatchClient(parts_.stream_patience);
  StartChunks();
  return absl::OkStatus();
}

absl::Status RenderStreamCall::ChooseChunkSize(Input& input) const {
  const int asked = input.request.chunk_size();
  if (asked < 0 || asked > kMaxChunk) {
    return InvalidField(
        "chunk_size", "BAD_CHUNK_SIZE",
        absl::StrCat("chunk_size is ", asked, "; it must be from 1 to ", kMaxChunk, ", or 0 for ", kDefaultChunk));
  }
  const uint64_t image = std::max<uint64_t>(1, input.format.bytes_per_image(input.model->renderer->shape()));
  const uint64_t limit = parts_.environment.max_message_bytes;
  const uint64_t room = limit > kMessageSlack ? limit - kMessageSlack : 0;
  if (image > room) return AnswerTooLarge(image, limit, "one image alone does not fit; raise the server's limit");
  // A chunk that passes the limit is cut to what fits.
  input.chunk_size = static_cast<int>(std::min<uint64_t>(asked == 0 ? kDefaultChunk : asked, room / image));
  return absl::OkStatus();
}

absl::Status RenderStreamCall::TakeMemory(size_t bytes, Input& input) const {
  input.memory.ReduceTo(0);  // one that needs all there is must not stand in its own way
  auto share = parts_.stream_memory->TryTake(static_cast<int64_t>(bytes));
  if (share.has_value()) {
    input.memory = *std::move(share);
    return absl::OkStatus();
  }
  return WithRetryAfter(
      WithReason(absl::ResourceExhaustedError(absl::StrCat(
                     "the RenderStream calls that run leave too little of the memory that they share for this one, ",
                     "which needs ", (bytes >> 20) + 1, " MiB; try again soon, or ask for fewer vectors at once")),
                 "TOO_MANY_STREAMS"),
      absl::Seconds(1));
}

size_t RenderStreamCall::BytesInWindow(const Input& input) {
  const int images = std::min(kWindow * input.chunk_size, input.request.vectors_size());
  return images * input.format.bytes_per_image(input.model->renderer->shape());
}

void RenderStreamCall::StartChunks() {
  while (!over()) {
    int chunk = 0;
    InputPtr input;
    {
      absl::MutexLock lock(&mutex_);
      if (over_ || in_window_ >= kWindow || retry_pending_) return;
      if (!put_back_.empty()) {
        chunk = *put_back_.begin();
        put_back_.erase(put_back_.begin());
      } else if (next_chunk_ < chunk_count_) {
        chunk = next_chunk_++;
      } else {
        return;
      }
      ++in_window_;
      input = input_;
    }
    const absl::Status status = BehindWall([&] { return StartChunk(input, chunk); });
    if (status.ok()) continue;
    // A stream that has not begun is refused; one that has waits for its turn.
    if (chunk > 0 && IsQueueFull(status)) {
      return RetryLater(chunk, GetErrorDetail(status).retry_after.value_or(absl::ZeroDuration()));
    }
    return Close(status);
  }
}

absl::Status RenderStreamCall::StartChunk(const InputPtr& input, int chunk) {
  const int begin = chunk * input->chunk_size;
  ImageRequest images;
  images.model = input->model;
  images.format = input->format;
  images.count = std::min(input->chunk_size, input->request.vectors_size() - begin);
  images.deadline = deadline_;
  ASSIGN_OR_RETURN(images.dense, ResolveVectors(input->model->schema, input->request.vectors(), begin, images.count));
  std::shared_ptr<ImageJob> job = ImageJob::Create(parts_.images, std::move(images));
  {
    absl::MutexLock lock(&mutex_);
    running_[chunk] = job;
  }
  absl::Status status = job->Start([self = Self(), input, chunk, weak = std::weak_ptr<ImageJob>(job)](
                                       const absl::Status& done) { self->OnChunk(*input, chunk, weak.lock(), done); });
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

void RenderStreamCall::OnChunk(const Input& input, int chunk, const std::shared_ptr<ImageJob>& job,
                               const absl::Status& status) {
  absl::Status encoded = status;
  if (encoded.ok()) encoded = BehindWall([&] { return EncodeChunk(input, chunk, *job); });
  {
    absl::MutexLock lock(&mutex_);
    running_.erase(chunk);
  }
  if (!encoded.ok()) return Close(encoded);
  Forward();
}

absl::Status RenderStreamCall::EncodeChunk(const Input& input, int chunk, ImageJob& job) {
  v1::RenderStreamResponse response;
  response.set_first_index(chunk * input.chunk_size);
  response.set_model_version(input.model->name);
  response.mutable_images()->Swap(&job.images());
  grpc::ByteBuffer bytes;
  RETURN_IF_ERROR(EncodeImages(std::move(response), parts_.environment.max_message_bytes, &bytes));
  absl::MutexLock lock(&mutex_);
  if (!over_) ready_[chunk].Swap(&bytes);
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
    {
      absl::MutexLock lock(&mutex_);
      moved_ = environment().clock->Now();
    }
    TryWrite(bytes);  // the window is no larger than the writer's queue
  }
  bool last = false;
  {
    absl::MutexLock lock(&mutex_);
    last = next_send_ == chunk_count_;
  }
  if (last) Close(absl::OkStatus());
}

void RenderStreamCall::WatchClient(absl::Duration wait) {
  // Whoever waits must not keep a call that is done with.
  const std::weak_ptr<RenderStreamCall> weak = Self();
  DelayedWork waiting = RunAfter(wait, [weak] {
    if (const auto self = weak.lock(); self != nullptr) self->CheckClient();
  });
  absl::MutexLock lock(&mutex_);
  if (over_) return waiting.Cancel();
  patience_ = std::move(waiting);
}

void RenderStreamCall::CheckClient() {
  absl::Duration left = parts_.stream_patience;
  {
    absl::MutexLock lock(&mutex_);
    if (over_) return;
    const bool all_with_the_client = in_window_ > 0 && running_.empty() && ready_.empty();
    if (all_with_the_client) left -= environment().clock->Now() - moved_;
  }
  // Alarms go by another clock, so one may ring a little early.
  if (left > absl::ZeroDuration()) return WatchClient(std::max(left, absl::Milliseconds(1)));
  Close(WithReason(
      absl::ResourceExhaustedError(absl::StrCat("images waited ", absl::FormatDuration(parts_.stream_patience),
                                                " for this client and were given up; ask once more for those from "
                                                "the first that is missing on")),
      "STREAM_TOO_SLOW"));
  RunAfter(parts_.stream_patience, [weak = std::weak_ptr<RenderStreamCall>(Self())] {
    if (const auto self = weak.lock(); self != nullptr) self->call().Abort();
  });
}

void RenderStreamCall::OnRoom() {
  {
    absl::MutexLock lock(&mutex_);
    --in_window_;
    moved_ = environment().clock->Now();
  }
  StartChunks();
}

void RenderStreamCall::OnOver() {
  std::vector<std::shared_ptr<ImageJob>> running;
  InputPtr input;  // these are freed after the lock
  std::map<int, grpc::ByteBuffer> ready;
  DelayedWork patience;
  {
    absl::MutexLock lock(&mutex_);
    over_ = true;
    for (const auto& [chunk, job] : running_) running.push_back(job);
    input.swap(input_);
    ready.swap(ready_);
    patience = std::exchange(patience_, {});
  }
  patience.Cancel();
  for (const auto& job : running) job->Cancel();
}

}  // namespace facet::server
