// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_stream.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "server/core/streams/batch_job.h"
#include "server/core/streams/delayed_calls.h"
#include "server/core/streams/opened_stream.h"
#include "server/core/streams/stream_pipeline.h"

namespace facet::server {
namespace {

constexpr int kWorkers = 2;
// Few streams keep the engine busy by two chunks each; many have company, and
// one each leaves room in the engine's queue for all.
constexpr int kFewStreams = 4;

// What the streams of a factory share. The destructor waits for batches on
// their way, whose callbacks run on its threads.
class Shared {
 public:
  explicit Shared(const BatchStreamFactoryOptions& opts)
      : options(opts),
        opener(opts),
        delayed(opts.clock),
        // A stream has two batches on their way at most.
        workers("stream-worker", kWorkers, 4 * opts.max_streams) {}

  ~Shared() {
    absl::MutexLock lock(&mutex_);
    auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return batches_ == 0; };
    mutex_.Await(absl::Condition(&none));
  }

  void BatchBegins() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ++batches_;
  }
  void BatchEnds() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    --batches_;
  }

  const BatchStreamFactoryOptions options;
  StreamOpener opener;
  std::atomic<int> streams{0};
  DelayedCalls delayed;
  WorkerPool workers;  // after `delayed`, which its tasks use

 private:
  absl::Mutex mutex_;
  int batches_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A batch of which the factory must not forget that it will call back.
class OnItsWay {
 public:
  explicit OnItsWay(Shared* shared) : shared_(shared) { shared_->BatchBegins(); }
  ~OnItsWay() { shared_->BatchEnds(); }
  OnItsWay(const OnItsWay&) = delete;
  OnItsWay& operator=(const OnItsWay&) = delete;

 private:
  Shared* const shared_;
};

// A batch to send again and again: what is the same each time is serialized
// once.
StreamBatch Record(const StreamBatch& batch) {
  StreamBatch recorded;
  *recorded.message.mutable_images() = batch.message.images();
  recorded.pixels = batch.pixels;
  v1::StreamBatchesResponse same = batch.message;
  same.clear_images();
  same.clear_epoch();
  same.clear_batch_index();
  same.clear_epoch_end();
  same.clear_filler();
  same.clear_token();
  recorded.encoded = std::make_shared<const std::string>(same.SerializeAsString());
  return recorded;
}

class RenderedBatchStream final : public BatchStream {
 public:
  RenderedBatchStream(Shared* shared, std::shared_ptr<const OpenedStream> opened, model::BatchSequence sequence);
  ~RenderedBatchStream() override {
    pipeline_->Cancel();
    shared_->options.metrics->SetStreams(--shared_->streams);
  }

  void Next(bool another, Callback callback) override;
  void Cancel() override { pipeline_->Cancel(); }

 private:
  // With REHEARSAL_TRANSPORT: the first batch once more, under another number.
  void Repeat(Callback callback);

  Shared* const shared_;
  const std::shared_ptr<const OpenedStream> opened_;
  model::BatchSequence sequence_;  // of REHEARSAL_TRANSPORT; otherwise the pipeline has it
  const std::shared_ptr<StreamPipeline> pipeline_;
  const absl::Time opened_at_;
  bool first_ = true;
  const std::shared_ptr<std::optional<StreamBatch>> recorded_ = std::make_shared<std::optional<StreamBatch>>();
};

// Jobs hold all they need: they may outlive the stream.
RenderedBatchStream::RenderedBatchStream(Shared* shared, std::shared_ptr<const OpenedStream> opened,
                                         model::BatchSequence sequence)
    : shared_(shared),
      opened_(std::move(opened)),
      sequence_(sequence),
      pipeline_(std::make_shared<StreamPipeline>(
          std::move(sequence),
          [shared, opened = opened_](const model::SequencedBatch& batch, absl::AnyInvocable<void()> on_rendering,
                                     Callback callback) {
            const int chunks = shared->streams > kFewStreams ? 1 : 2;
            auto done = [way = std::make_unique<OnItsWay>(shared), opened, after = batch.after,
                         callback = std::move(callback)](absl::StatusOr<StreamBatch> made) mutable {
              if (made.ok()) {
                const absl::Status token_made = BehindWall([&] {
                  made->message.set_token(opened->identity.MakeToken(after));
                  return absl::OkStatus();
                });
                if (!token_made.ok()) made = token_made;
              }
              callback(std::move(made));
            };
            return std::make_shared<BatchJob>(BatchJob::Parts{opened, shared->options.engine, &shared->workers,
                                                              &shared->delayed, shared->options.chunk_images, chunks},
                                              batch, std::move(on_rendering), std::move(done));
          })),
      opened_at_(shared_->options.clock->Now()) {}

void RenderedBatchStream::Next(bool another, Callback callback) {
  if (recorded_->has_value()) return Repeat(std::move(callback));
  const bool recording = opened_->rehearsal == v1::REHEARSAL_TRANSPORT;
  if (recording) sequence_.Next();
  const bool room = 2 * opened_->message_bytes <= shared_->options.max_retained_bytes;
  auto counted = [shared = shared_, recorded = recording ? recorded_ : nullptr, first = std::exchange(first_, false),
                  opened_at = opened_at_, callback = std::move(callback)](absl::StatusOr<StreamBatch> batch) mutable {
    if (batch.ok()) {
      Metrics& metrics = *shared->options.metrics;
      const int64_t pixels = batch->pixels == nullptr ? 0 : static_cast<int64_t>(batch->pixels->size());
      metrics.StreamBatch(static_cast<int>(batch->message.images().shape(0)),
                          pixels + static_cast<int64_t>(batch->message.ByteSizeLong()));
      if (first) metrics.StreamFirstBatch(shared->options.clock->Now() - opened_at);
    }
    if (batch.ok() && recorded != nullptr) {
      const absl::Status kept = BehindWall([&] {
        *recorded = Record(*batch);
        return absl::OkStatus();
      });
      if (!kept.ok()) batch = kept;
    }
    callback(std::move(batch));
  };
  pipeline_->Next(another && room && !recording, std::move(counted));
}

void RenderedBatchStream::Repeat(Callback callback) {
  const auto next = sequence_.Next();
  if (!next.has_value()) return callback(absl::OutOfRangeError("the stream has ended"));
  StreamBatch batch = **recorded_;
  batch.message.set_epoch(next->epoch);
  batch.message.set_batch_index(next->batch);
  batch.message.set_filler(next->filler);
  batch.message.set_epoch_end(next->epoch_end);
  batch.message.set_token(opened_->identity.MakeToken(next->after));
  callback(std::move(batch));
}

class RenderedBatchStreamFactory final : public BatchStreamFactory {
 public:
  explicit RenderedBatchStreamFactory(const BatchStreamFactoryOptions& options)
      : shared_(std::make_unique<Shared>(options)) {}

  absl::StatusOr<std::unique_ptr<BatchStream>> Open(const v1::StreamStart& start) override;
  absl::StatusOr<v1::DescribeStreamResponse> Describe(const v1::DescribeStreamRequest& request) override {
    ASSIGN_OR_RETURN(const OpenedStream opened, shared_->opener.Open(request.spec(), "spec"));
    return server::Describe(opened);
  }

 private:
  const std::unique_ptr<Shared> shared_;
};

absl::StatusOr<std::unique_ptr<BatchStream>> RenderedBatchStreamFactory::Open(const v1::StreamStart& start) {
  ASSIGN_OR_RETURN(OpenedStream opened, shared_->opener.Open(start.spec(), "spec"));
  model::BatchSequence sequence = opened.sequence;
  if (!start.resume_token().empty()) {
    ASSIGN_OR_RETURN(const model::StreamPosition position, opened.identity.ReadToken(start.resume_token()));
    sequence.Resume(position);
  }
  const int live = ++shared_->streams;
  if (live > shared_->options.max_streams) {
    --shared_->streams;
    return WithRetryAfter(WithReason(absl::ResourceExhaustedError(absl::StrCat("all ", shared_->options.max_streams,
                                                                               " streams of this server are in use")),
                                     "TOO_MANY_STREAMS"),
                          absl::Seconds(1));
  }
  shared_->options.metrics->SetStreams(live);
  return std::make_unique<RenderedBatchStream>(shared_.get(), std::make_shared<const OpenedStream>(std::move(opened)),
                                               std::move(sequence));
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchStreamFactory>> BatchStreamFactory::Create(
    const BatchStreamFactoryOptions& options) {
  if (options.models == nullptr || options.datasets == nullptr || options.engine == nullptr ||
      options.metrics == nullptr || options.clock == nullptr) {
    return absl::InvalidArgumentError("BatchStreamFactoryOptions: a part is missing");
  }
  if (options.max_streams < 1) return absl::InvalidArgumentError("max_streams must be at least 1");
  if (options.max_batch_size < 1) return absl::InvalidArgumentError("max_batch_size must be at least 1");
  if (options.chunk_images < 1) return absl::InvalidArgumentError("chunk_images must be at least 1");
  return std::make_unique<RenderedBatchStreamFactory>(options);
}

}  // namespace facet::server
