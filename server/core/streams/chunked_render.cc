// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/chunked_render.h"

#include <algorithm>
#include <utility>

#include "base/behind_wall.h"
#include "base/error.h"

namespace facet::server {
namespace {

constexpr absl::Duration kRetryDelay = absl::Milliseconds(5);

// Otherwise the chunk would find no room however empty the queue is.
bool IsQueueFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && GetErrorDetail(status).retry_after.has_value();
}

}  // namespace

ChunkedRender::ChunkedRender(Options options) : options_(std::move(options)) {
  // So that a task that was submitted can always be noted.
  tasks_.reserve((options_.count + options_.chunk_images - 1) / options_.chunk_images);
}

int ChunkedRender::TakeChunk() {
  const bool may = !submitting_ && !finished_ && !waiting_ && status_.ok() && next_ < options_.count &&
                   running_ < options_.chunks_at_once;
  if (!may) return -1;
  submitting_ = true;
  ++running_;
  const int begin = next_;
  next_ = std::min(options_.count, begin + options_.chunk_images);
  return begin;
}

void ChunkedRender::SubmitChunks() {
  while (true) {
    int begin = -1;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      begin = TakeChunk();
      if (begin < 0) {
        const bool over = !status_.ok() || next_ >= options_.count;
        if (finished_ || submitting_ || running_ > 0 || !over) return;
        finished_ = true;
        status = status_;
      }
    }
    if (begin < 0) return std::move(options_.done)(std::move(status));
    if (!ChunkSubmitted(begin, BehindWall([&] { return SubmitChunk(begin); }))) return;
  }
}

absl::Status ChunkedRender::SubmitChunk(int begin) {
  const size_t row = options_.model->schema.total_classes();
  const size_t image_bytes = options_.model->renderer->shape().samples() * options_.format.bytes_per_sample();
  RenderTask task;
  task.model = options_.model;
  task.count = std::min(options_.chunk_images, options_.count - begin);
  const float* first = options_.dense.data() + begin * row;
  task.dense.assign(first, first + task.count * row);
  task.format = options_.format;
  task.pixels = options_.pixels + begin * image_bytes;
  task.priority = RenderPriority::kBulk;
  task.done = [self = shared_from_this()](const absl::Status& status) { self->ChunkDone(status); };
  auto id = options_.engine->Submit(std::move(task));
  if (!id.ok()) return id.status();
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    tasks_.push_back(*id);
    cancelled = !status_.ok();
  }
  if (cancelled) options_.engine->Cancel(*id);
  return absl::OkStatus();
}

bool ChunkedRender::ChunkSubmitted(int begin, const absl::Status& submitted) {
  const bool full = IsQueueFull(submitted);
  bool last = false, later = false;
  {
    absl::MutexLock lock(&mutex_);
    if (submitted.ok()) {
      last = next_ >= options_.count;
    } else if (full) {
      // The queue is full of others' images. A chunk of our own that ends tries
      // again; where there is none, time does.
      next_ = begin;
      --running_;
      later = running_ == 0;
      waiting_ = later;
    } else {
      --running_;
      status_.Update(submitted);
    }
    // While `submitting_` holds, nobody calls `done`.
    if (!last) submitting_ = false;
  }
  if (later) TryLater();
  if (last) {
    if (options_.on_submitted != nullptr) options_.on_submitted();
    absl::MutexLock lock(&mutex_);
    submitting_ = false;
  }
  return !full;
}

void ChunkedRender::TryLater() {
  options_.delayed->After(kRetryDelay, [self = shared_from_this()] {
    {
      absl::MutexLock lock(&self->mutex_);
      self->waiting_ = false;
    }
    self->SubmitChunks();
  });
}

void ChunkedRender::ChunkDone(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    --running_;
    status_.Update(status);
  }
  SubmitChunks();
}

void ChunkedRender::Cancel() {
  std::vector<int64_t> tasks;
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    status_.Update(absl::CancelledError("the stream was cancelled"));
    tasks = tasks_;
  }
  for (const int64_t task : tasks) options_.engine->Cancel(task);
  SubmitChunks();
}

}  // namespace facet::server
