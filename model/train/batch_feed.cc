// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_feed.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace facet::model {

BatchFeed::BatchFeed(std::unique_ptr<BatchSource> source, int begin, int end, c10::Device device)
    : device_(device),
      batches_(std::move(source), begin, end),
      thread_(device.is_cpu() ? Thread() : Thread("copies", [this, count = end - begin] { Copy(count); })) {}

BatchFeed::~BatchFeed() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

BatchTensors BatchFeed::Next() {
  if (device_.is_cpu()) return ViewOf(batches_.Next());
  BatchTensors batch;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BatchFeed::HasReady));
    if (ready_.empty()) std::rethrow_exception(error_);
    batch = std::move(ready_.front());
    ready_.pop_front();
  }
  // Their memory belongs to the stream that copied them: it must not be used
  // anew there while work that is queued on this one reads it.
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  for (const at::Tensor& tensor : {batch.images, batch.labels, batch.target, batch.target_labels}) {
    tensor.record_stream(stream);
  }
  return batch;
}

void BatchFeed::Copy(int count) {
  try {
    CopyAll(count);
  } catch (...) {
    absl::MutexLock lock(&mutex_);
    error_ = std::current_exception();
  }
}

void BatchFeed::CopyAll(int count) {
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_);
  const c10::StreamGuard guard(stream);
  for (int i = 0; i < count; ++i) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &BatchFeed::HasRoomOrStops));
      if (stopping_) return;
    }
    BatchTensors batch = SendTo(device_, ViewOf(batches_.Next()));
    stream.synchronize();
    absl::MutexLock lock(&mutex_);
    ready_.push_back(std::move(batch));
  }
}

}  // namespace facet::model
