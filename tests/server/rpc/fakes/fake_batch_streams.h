// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_BATCH_STREAMS_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_BATCH_STREAMS_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "server/core/streams/batch_stream.h"

namespace facet::server {

// Streams of `batches` batches, numbered from 0, made at once or held by a test.
// Thread-safe.
class FakeBatchStreams final : public BatchStreamFactory {
 public:
  void SetBatches(int64_t batches) {
    absl::MutexLock lock(&mutex_);
    batches_ = batches;
  }
  void Hold(bool held) {
    absl::MutexLock lock(&mutex_);
    held_ = held;
  }
  // Calls of Open that are to come wait until they are let go on.
  void HoldOpens(bool held) {
    absl::MutexLock lock(&mutex_);
    opens_held_ = held;
  }
  void AwaitOpening(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return opening_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void SetBatchBytes(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    batch_bytes_ = bytes;
  }
  void AwaitAsked(int64_t count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return asked_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void AwaitLive(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return live_ == count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  // Calls of Open that returned a stream.
  int opened() const {
    absl::MutexLock lock(&mutex_);
    return opened_;
  }
  // Calls of Next so far.
  int64_t asked() const {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }
  int live() const {
    absl::MutexLock lock(&mutex_);
    return live_;
  }

  absl::StatusOr<std::unique_ptr<BatchStream>> Open(const v1::StreamStart& start) override {
    if (start.spec().model().empty()) return InvalidField("spec.model", "INVALID_NAME", "the name is empty");
    if (start.spec().batch_size() == 13) return absl::FailedPreconditionError("the token is of another recipe");
    auto go = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !opens_held_; };
    absl::MutexLock lock(&mutex_);
    ++opening_;
    mutex_.Await(absl::Condition(&go));
    ++live_;
    ++opened_;
    return std::make_unique<FakeStream>(this);
  }
  absl::StatusOr<v1::DescribeStreamResponse> Describe(const v1::DescribeStreamRequest& request) override {
    v1::DescribeStreamResponse response;
    response.set_model_version(absl::StrCat(request.spec().model(), "@1"));
    return response;
  }

 private:
  class FakeStream final : public BatchStream {
   public:
    explicit FakeStream(FakeBatchStreams* factory) : factory_(factory) {}
    ~FakeStream() override {
      absl::MutexLock lock(&factory_->mutex_);
      --factory_->live_;
    }
    void Next(bool, Callback callback) override {
      {
        absl::MutexLock lock(&factory_->mutex_);
        ++factory_->asked_;
      }
      auto make = [factory = factory_, cancelled = cancelled_, index = next_++,
                   callback = std::move(callback)]() mutable { callback(factory->Make(*cancelled, index)); };
      if (!factory_->thread_.Schedule(std::move(make)).ok()) abort();
    }
    void Cancel() override {
      absl::MutexLock lock(&factory_->mutex_);
      *cancelled_ = true;
    }

   private:
    FakeBatchStreams* const factory_;
    std::shared_ptr<bool> cancelled_ = std::make_shared<bool>(false);  // by the factory's mutex
    int64_t next_ = 0;
  };

  absl::StatusOr<StreamBatch> Make(const bool& cancelled, int64_t index) {
    auto go = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !held_ || cancelled; };
    absl::MutexLock lock(&mutex_, absl::Condition(&go));
    if (cancelled) return absl::CancelledError("cancelled");
    if (index >= batches_) return absl::OutOfRangeError("the stream has ended");
    StreamBatch batch;
    batch.message.set_batch_index(index);
    batch.message.set_token(absl::StrCat("token-", index));
    batch.pixels = std::make_shared<const std::string>(batch_bytes_, static_cast<char>('a' + index % 26));
    return batch;
  }

  mutable absl::Mutex mutex_;
  int64_t batches_ ABSL_GUARDED_BY(mutex_) = 3;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool opens_held_ ABSL_GUARDED_BY(mutex_) = false;
  int opening_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t batch_bytes_ ABSL_GUARDED_BY(mutex_) = 100;
  int64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  int live_ ABSL_GUARDED_BY(mutex_) = 0;
  int opened_ ABSL_GUARDED_BY(mutex_) = 0;
  WorkerPool thread_{"fake-streams", 1, 1000};
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_BATCH_STREAMS_H_
