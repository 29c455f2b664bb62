// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_stream.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "model/augment/batch_labels.h"
#include "model/augment/stream_identity.h"
#include "model/augment/stream_plan.h"
#include "model/features/schema_proto.h"
#include "server/core/streams/batch_job.h"
#include "server/core/streams/delayed_calls.h"

namespace facet::server {
namespace {

using model::StreamIdentity;
using model::StreamPlan;
using model::StreamPosition;

constexpr int kWorkers = 2;
// Token, provenance and the message's own bytes, beside pixels and labels.
constexpr int64_t kBytesPerImageBeside = 16;
constexpr int64_t kBytesPerBatchBeside = 1024;

// A stream that has been checked against a model in memory.
struct Opened {
  ModelHandle model;
  StreamPlan plan;
  StreamIdentity identity;
  int64_t bytes_per_batch = 0;
};

// What the streams of a factory share. The destructor waits for batches on
// their way, whose callbacks run on its threads.
class Shared {
 public:
  explicit Shared(const BatchStreamFactoryOptions& opts)
      : options(opts), delayed(opts.clock), workers("stream-worker", kWorkers, 4 * opts.max_streams) {}

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
  std::atomic<int> streams{0};
  DelayedCalls delayed;
  WorkerPool workers;  // after `delayed`, which its tasks use

 private:
  absl::Mutex mutex_;
  int batches_ ABSL_GUARDED_BY(mutex_) = 0;
};

class RenderedBatchStream final : public BatchStream {
 public:
  RenderedBatchStream(Shared* shared, Opened opened, StreamPosition position)
      : shared_(shared),
        stream_(std::make_shared<Stream>(std::move(opened))),
        position_(position),
        opened_at_(shared_->options.clock->Now()) {}

  ~RenderedBatchStream() override {
    Cancel();
    shared_->options.metrics->SetStreams(--shared_->streams);
  }

  void Next(Callback callback) override;

  void Cancel() override {
    std::shared_ptr<BatchJob> job;
    {
      absl::MutexLock lock(&stream_->mutex);
      stream_->cancelled = true;
      job = stream_->job.lock();
    }
    if (job != nullptr) job->Cancel();
  }

 private:
  // Kept by the batch on its way, which may outlive this.
  struct Stream {
    explicit Stream(Opened o) : opened(std::move(o)) {}
    const Opened opened;
    absl::Mutex mutex;
    bool cancelled ABSL_GUARDED_BY(mutex) = false;
    std::weak_ptr<BatchJob> job ABSL_GUARDED_BY(mutex);
  };

  StreamPosition After(StreamPosition position) const {
    if (++position.batch < stream_->opened.plan.batches_per_epoch()) return position;
    return {position.epoch + 1, 0};
  }

  Shared* const shared_;
  const std::shared_ptr<Stream> stream_;
  StreamPosition position_;
  const absl::Time opened_at_;
  bool first_ = true;
};

void RenderedBatchStream::Next(Callback callback) {
  const StreamPlan& plan = stream_->opened.plan;
  if ((plan.epochs() >= 0 && position_.epoch >= plan.epochs()) || plan.batches_per_epoch() == 0) {
    callback(absl::OutOfRangeError("the stream has ended"));
    return;
  }
  const StreamPosition next = After(position_);
  shared_->BatchBegins();
  auto job = std::make_shared<BatchJob>(
      BatchJob::Parts{stream_->opened.model, &plan, shared_->options.engine, &shared_->workers, &shared_->delayed},
      position_.epoch, position_.batch,
      [shared = shared_, stream = stream_, next, first = std::exchange(first_, false), opened_at = opened_at_,
       callback = std::move(callback)](absl::StatusOr<v1::StreamBatchesResponse> batch) mutable {
        if (batch.ok()) {
          batch->set_token(stream->opened.identity.MakeToken(next));
          Metrics& metrics = *shared->options.metrics;
          metrics.StreamBatch(static_cast<int>(batch->images().shape(0)), batch->ByteSizeLong());
          if (first) metrics.StreamFirstBatch(shared->options.clock->Now() - opened_at);
        }
        callback(std::move(batch));
        shared->BatchEnds();
      });
  position_ = next;
  bool cancelled = false;
  {
    absl::MutexLock lock(&stream_->mutex);
    stream_->job = job;
    cancelled = stream_->cancelled;
  }
  if (cancelled) job->Cancel();
  job->Start();
}

class RenderedBatchStreamFactory final : public BatchStreamFactory {
 public:
  explicit RenderedBatchStreamFactory(const BatchStreamFactoryOptions& options)
      : shared_(std::make_unique<Shared>(options)) {}

  absl::StatusOr<std::unique_ptr<BatchStream>> Open(const v1::StreamStart& start) override;
  absl::StatusOr<v1::DescribeStreamResponse> Describe(const v1::DescribeStreamRequest& request) override;

 private:
  absl::StatusOr<Opened> Check(const v1::StreamSpec& spec, absl::string_view field);

  const std::unique_ptr<Shared> shared_;
};

absl::StatusOr<Opened> RenderedBatchStreamFactory::Check(const v1::StreamSpec& spec, absl::string_view field) {
  const BatchStreamFactoryOptions& options = shared_->options;
  ASSIGN_OR_RETURN(ModelHandle model, options.models->Acquire(spec.model(), absl::StrCat(field, ".model")));
  auto plan = StreamPlan::Create(spec, model->schema, options.max_batch_size);
  if (!plan.ok()) return PrefixField(plan.status(), field);
  const model::ImageShape& shape = model->renderer->shape();
  const int64_t image_bytes = static_cast<int64_t>(shape.samples() * plan->format().bytes_per_sample()) +
                              model::LabelBytesPerImage(model->schema, plan->labels());
  const int64_t batch_bytes = plan->batch_size() * image_bytes;
  const int64_t message_bytes = batch_bytes + plan->batch_size() * kBytesPerImageBeside + kBytesPerBatchBeside;
  if (message_bytes > static_cast<int64_t>(options.max_message_bytes)) {
    const int64_t fits = (static_cast<int64_t>(options.max_message_bytes) - kBytesPerBatchBeside) /
                         (image_bytes + kBytesPerImageBeside);
    return InvalidField(absl::StrCat(field, ".batch_size"), "BATCH_TOO_LARGE",
                        absl::StrCat("a batch of ", plan->batch_size(), " images would be a message of ",
                                     message_bytes, " bytes; at most ", fits, " images fit"));
  }
  StreamIdentity identity(spec, model->name, model->card.weights_sha256());
  return Opened{std::move(model), *std::move(plan), std::move(identity), batch_bytes};
}

absl::StatusOr<std::unique_ptr<BatchStream>> RenderedBatchStreamFactory::Open(const v1::StreamStart& start) {
  if (start.initial_credit() < 0) {
    return InvalidField("start.initial_credit", "OUT_OF_RANGE", "initial_credit must be at least 0");
  }
  ASSIGN_OR_RETURN(Opened opened, Check(start.spec(), "start.spec"));
  StreamPosition position;
  if (!start.resume_token().empty()) {
    auto read = opened.identity.ReadToken(start.resume_token());
    if (!read.ok()) return PrefixField(read.status(), "start");
    position = *read;
  }
  const int live = ++shared_->streams;
  if (live > shared_->options.max_streams) {
    --shared_->streams;
    return WithRetryAfter(
        WithReason(absl::ResourceExhaustedError(absl::StrCat("all ", shared_->options.max_streams,
                                                             " streams of this server are in use")),
                   "TOO_MANY_STREAMS"),
        absl::Seconds(1));
  }
  shared_->options.metrics->SetStreams(live);
  return std::make_unique<RenderedBatchStream>(shared_.get(), std::move(opened), position);
}

absl::StatusOr<v1::DescribeStreamResponse> RenderedBatchStreamFactory::Describe(
    const v1::DescribeStreamRequest& request) {
  ASSIGN_OR_RETURN(const Opened opened, Check(request.spec(), "spec"));
  const model::ImageShape& shape = opened.model->renderer->shape();
  v1::DescribeStreamResponse response;
  response.set_model_version(opened.model->name);
  *response.mutable_schema() = model::SchemaToProto(opened.model->schema);
  response.set_images_per_epoch(opened.plan.images_per_epoch());
  response.set_batches_per_epoch(opened.plan.batches_per_epoch());
  const bool nhwc = opened.plan.format().layout == model::PixelLayout::kNhwc;
  response.add_image_shape(opened.plan.batch_size());
  if (!nhwc) response.add_image_shape(shape.channels);
  response.add_image_shape(shape.height);
  response.add_image_shape(shape.width);
  if (nhwc) response.add_image_shape(shape.channels);
  response.set_bytes_per_batch(opened.bytes_per_batch);
  response.set_fingerprint(opened.identity.fingerprint());
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchStreamFactory>> BatchStreamFactory::Create(BatchStreamFactoryOptions options) {
  if (options.models == nullptr || options.engine == nullptr || options.metrics == nullptr ||
      options.clock == nullptr) {
    return absl::InvalidArgumentError("BatchStreamFactoryOptions: models, engine, metrics and clock must be set");
  }
  if (options.max_streams < 1) return absl::InvalidArgumentError("max_streams must be at least 1");
  if (options.max_batch_size < 1) return absl::InvalidArgumentError("max_batch_size must be at least 1");
  return std::make_unique<RenderedBatchStreamFactory>(options);
}

}  // namespace facet::server
