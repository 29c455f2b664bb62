// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/image_job.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/behind_wall.h"
#include "base/status_macros.h"
#include "model/image/codec.h"

namespace facet::server {

std::shared_ptr<ImageJob> ImageJob::Create(const ImageParts& parts, ImageRequest request) {
  return std::shared_ptr<ImageJob>(new ImageJob(parts, std::move(request)));
}

void* ImageJob::PrepareBuffer() {
  if (!request_.format.is_raw()) {
    // Not cleared, unlike a vector.
    scratch_.reset(new uint8_t[request_.count * shape().samples()]);
    return scratch_.get();
  }
  *images_.Add() = DescribeImages(request_.format, shape(), request_.count);
  std::string& data = *images_[0].mutable_data();
  data.resize(request_.count * request_.format.bytes_per_image(shape()));
  return data.data();
}

absl::Status ImageJob::Start(Done done) {
  RenderTask task;
  task.model = request_.model;
  task.dense = std::move(request_.dense);
  task.count = request_.count;
  task.format = request_.format.pixels;
  task.pixels = PrepareBuffer();
  task.deadline = request_.deadline;
  task.done = [self = shared_from_this()](const absl::Status& status) { self->OnRendered(status); };
  // Last, and taken back on any failure: who waits and this hold each other.
  done_ = std::move(done);
  auto id = BehindWall([&] { return parts_.engine->Submit(std::move(task)); });
  if (!id.ok()) {
    done_ = nullptr;
    return id.status();
  }
  {
    absl::MutexLock lock(&mutex_);
    task_ = *id;
  }
  if (cancelled_.load()) parts_.engine->Cancel(*id);  // came before there was an id
  return absl::OkStatus();
}

void ImageJob::Cancel() {
  cancelled_.store(true);
  int64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    id = task_;
  }
  if (id != 0) parts_.engine->Cancel(id);
}

void ImageJob::OnRendered(const absl::Status& status) {
  if (!status.ok()) return Complete(status);
  if (cancelled_.load()) return Complete(absl::CancelledError("the client has cancelled the call"));
  if (!request_.format.is_raw()) return StartEncoders();
  // Writing to a socket copies into the kernel: much of it would keep the
  // engine's thread from the next batch.
  constexpr size_t kSendHere = 64 << 10;
  const bool small = images_[0].data().size() <= kSendHere;
  if (small || !parts_.codecs->Schedule([self = shared_from_this()] { self->Complete({}); }).ok()) Complete({});
}

void ImageJob::Complete(absl::Status status) {
  // Whoever waits holds this job, and `done` holds whoever waits.
  Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(status));
}

void ImageJob::StartEncoders() {
  const v1::ImageData description = DescribeImages(request_.format, shape(), 1);
  for (int i = 0; i < request_.count; ++i) *images_.Add() = description;
  const int encoders = std::min(parts_.codec_threads, request_.count);
  {
    absl::MutexLock lock(&mutex_);
    encoders_ = encoders;
  }
  for (int i = 0; i < encoders; ++i) {
    absl::Status scheduled = parts_.codecs->Schedule([self = shared_from_this()] { self->Encode(); });
    // One that runs does the work of those that find no room.
    if (!scheduled.ok()) EncoderEnds(i == 0 ? std::move(scheduled) : absl::OkStatus());
  }
}

void ImageJob::Encode() {
  absl::Status status;
  for (int i = next_.fetch_add(1); status.ok() && i < request_.count; i = next_.fetch_add(1)) {
    status = cancelled_.load() ? absl::CancelledError("the client has cancelled the call")
                               : BehindWall([&] { return EncodeOne(i); });
  }
  if (!status.ok()) next_.store(request_.count);  // the others need not go on
  EncoderEnds(std::move(status));
}

absl::Status ImageJob::EncodeOne(int index) {
  const uint8_t* const pixels = scratch_.get() + index * shape().samples();
  const bool png = request_.format.encoding == v1::IMAGE_ENCODING_PNG;
  ASSIGN_OR_RETURN(std::string bytes, png ? model::EncodePng(shape(), pixels)
                                          : model::EncodeJpeg(shape(), pixels, request_.format.jpeg_quality));
  images_[index].set_data(std::move(bytes));
  return absl::OkStatus();
}

void ImageJob::EncoderEnds(absl::Status status) {
  absl::Status result;
  {
    absl::MutexLock lock(&mutex_);
    encoded_.Update(std::move(status));
    if (--encoders_ > 0) return;
    result = encoded_;
  }
  scratch_.reset();
  Complete(std::move(result));
}

}  // namespace facet::server
