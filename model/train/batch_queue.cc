// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_queue.h"

#include <utility>

namespace facet::model {
namespace {

constexpr int kBuffers = 2;

std::vector<std::unique_ptr<Batch>> MakeBuffers() {
  std::vector<std::unique_ptr<Batch>> buffers;
  for (int i = 0; i < kBuffers; ++i) buffers.push_back(std::make_unique<Batch>());
  return buffers;
}

}  // namespace

BatchQueue::BatchQueue(std::unique_ptr<BatchSource> source, int begin, int end)
    : source_(std::move(source)), free_(MakeBuffers()), thread_("batches", [this, begin, end] { Fill(begin, end); }) {}

BatchQueue::~BatchQueue() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

const Batch& BatchQueue::Next() {
  absl::MutexLock lock(&mutex_);
  if (current_ != nullptr) free_.push_back(std::move(current_));
  mutex_.Await(absl::Condition(this, &BatchQueue::HasReady));
  current_ = std::move(ready_.front());
  ready_.pop_front();
  return *current_;
}

void BatchQueue::Fill(int begin, int end) {
  for (int step = begin; step < end; ++step) {
    std::unique_ptr<Batch> batch;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &BatchQueue::HasFreeOrStops));
      if (stopping_) return;
      batch = std::move(free_.back());
      free_.pop_back();
    }
    source_->Make(step, batch.get());
    absl::MutexLock lock(&mutex_);
    ready_.push_back(std::move(batch));
  }
}

}  // namespace facet::model
