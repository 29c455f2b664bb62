// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_job.h"

#include <algorithm>
#include <utility>

#include "model/augment/batch_labels.h"
#include "model/image/square_transform.h"

namespace facet::server {
namespace {

// Small enough that a render of somebody else gets in between, large enough to
// fill the engine's batches.
constexpr int kChunkImages = 64;
// One computes while the other waits, so that the engine never idles.
constexpr int kChunksAtOnce = 2;
constexpr absl::Duration kRetryDelay = absl::Milliseconds(5);

v1::SquareTransform ToProto(const model::SquareTransform& transform) {
  return static_cast<v1::SquareTransform>(v1::SQUARE_TRANSFORM_IDENTITY + transform.quarter_turns +
                                          (transform.mirror ? 4 : 0));
}

}  // namespace

BatchJob::BatchJob(Parts parts, int64_t epoch, int64_t batch, Callback callback)
    : parts_(std::move(parts)),
      epoch_(epoch),
      batch_(batch),
      count_(parts_.plan->ImagesOf(batch)),
      callback_(std::move(callback)) {}

void BatchJob::Start() {
  Plan();
  SubmitChunks();
}

void BatchJob::Plan() {
  const int row = parts_.model->schema.total_classes();
  dense_.resize(static_cast<size_t>(count_) * row);
  planned_.reserve(count_);
  for (int i = 0; i < count_; ++i) {
    planned_.push_back(parts_.plan->Plan(epoch_, batch_, i, absl::MakeSpan(&dense_[static_cast<size_t>(i) * row], row)));
  }
  const size_t bytes = count_ * parts_.model->renderer->shape().samples() * parts_.plan->format().bytes_per_sample();
  response_.mutable_images()->mutable_data()->resize(bytes);
  if (!parts_.plan->identity_only()) rendered_.resize(bytes);
}

void BatchJob::SubmitChunks() {
  while (true) {
    int begin = 0;
    {
      absl::MutexLock lock(&mutex_);
      // One thread submits at a time; a chunk may be done before Submit returns.
      if (submitting_ || finished_) return;
      if (!status_.ok() || next_ >= count_) {
        if (running_ > 0) return;
        finished_ = true;
      } else if (running_ >= kChunksAtOnce || waiting_) {
        return;
      } else {
        submitting_ = true;
        begin = next_;
        next_ = std::min(count_, begin + kChunkImages);
        ++running_;
      }
      if (finished_) break;
    }
    const absl::Status submitted = SubmitChunk(begin);
    absl::MutexLock lock(&mutex_);
    submitting_ = false;
    if (submitted.ok()) continue;
    --running_;
    if (!absl::IsResourceExhausted(submitted)) {
      status_.Update(submitted);
      continue;
    }
    // The queue is full of others' images. A chunk of our own that ends tries
    // again; where there is none, time does.
    next_ = begin;
    if (running_ == 0) {
      waiting_ = true;
      parts_.delayed->After(kRetryDelay, [self = shared_from_this()] {
        {
          absl::MutexLock relock(&self->mutex_);
          self->waiting_ = false;
        }
        self->SubmitChunks();
      });
    }
    return;
  }
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = status_;
  }
  Finish(std::move(status));
}

absl::Status BatchJob::SubmitChunk(int begin) {
  const int row = parts_.model->schema.total_classes();
  const size_t image_bytes = parts_.model->renderer->shape().samples() * parts_.plan->format().bytes_per_sample();
  std::string& target = parts_.plan->identity_only() ? *response_.mutable_images()->mutable_data() : rendered_;
  RenderTask task;
  task.model = parts_.model;
  task.count = std::min(kChunkImages, count_ - begin);
  const float* first = dense_.data() + static_cast<size_t>(begin) * row;
  task.dense.assign(first, first + static_cast<size_t>(task.count) * row);
  task.format = parts_.plan->format();
  task.pixels = target.data() + begin * image_bytes;
  task.priority = RenderPriority::kBulk;
  task.done = [self = shared_from_this()](const absl::Status& status) { self->ChunkDone(status); };
  auto id = parts_.engine->Submit(std::move(task));
  if (!id.ok()) return id.status();
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    tasks_.push_back(*id);
    cancelled = !status_.ok();
  }
  if (cancelled) parts_.engine->Cancel(*id);
  return absl::OkStatus();
}

void BatchJob::ChunkDone(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    --running_;
    status_.Update(status);
  }
  SubmitChunks();
}

void BatchJob::Cancel() {
  std::vector<int64_t> tasks;
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    status_.Update(absl::CancelledError("the stream was cancelled"));
    tasks = tasks_;
  }
  for (const int64_t task : tasks) parts_.engine->Cancel(task);
  SubmitChunks();
}

void BatchJob::Finish(absl::Status status) {
  if (!status.ok()) {
    callback_(std::move(status));
    return;
  }
  // Turning images takes time that the engine's thread does not have.
  const absl::Status scheduled = parts_.workers->Schedule([self = shared_from_this()] { self->Assemble(); });
  if (!scheduled.ok()) {
    parts_.delayed->After(kRetryDelay, [self = shared_from_this()] { self->Finish(absl::OkStatus()); });
  }
}

void BatchJob::Assemble() {
  if (!parts_.plan->identity_only()) TransformImages();
  const model::ImageShape& shape = parts_.model->renderer->shape();
  const model::PixelFormat& format = parts_.plan->format();
  v1::ImageData& images = *response_.mutable_images();
  images.set_encoding(v1::IMAGE_ENCODING_RAW);
  const bool bytes = format.type == model::PixelType::kUint8;
  images.set_pixel_type(bytes ? v1::PIXEL_TYPE_UINT8 : v1::PIXEL_TYPE_FLOAT32);
  const bool nhwc = format.layout == model::PixelLayout::kNhwc;
  images.set_layout(nhwc ? v1::PIXEL_LAYOUT_NHWC : v1::PIXEL_LAYOUT_NCHW);
  images.add_shape(count_);
  if (!nhwc) images.add_shape(shape.channels);
  images.add_shape(shape.height);
  images.add_shape(shape.width);
  if (nhwc) images.add_shape(shape.channels);
  *response_.mutable_labels() = model::MakeLabels(parts_.model->schema, parts_.plan->labels(), dense_, count_);
  for (const model::PlannedImage& image : planned_) {
    v1::Provenance& provenance = *response_.add_provenance();
    provenance.set_index(image.index);
    provenance.set_transform(ToProto(image.transform));
  }
  response_.set_epoch(epoch_);
  response_.set_batch_index(batch_);
  response_.set_epoch_end(batch_ + 1 == parts_.plan->batches_per_epoch());
  callback_(std::move(response_));
}

void BatchJob::TransformImages() {
  const model::ImageShape& shape = parts_.model->renderer->shape();
  const size_t image_bytes = shape.samples() * parts_.plan->format().bytes_per_sample();
  char* target = response_.mutable_images()->mutable_data()->data();
  for (int i = 0; i < count_; ++i) {
    model::ApplySquareTransform(planned_[i].transform, shape, parts_.plan->format(),
                                rendered_.data() + i * image_bytes, target + i * image_bytes);
  }
}

}  // namespace facet::server
