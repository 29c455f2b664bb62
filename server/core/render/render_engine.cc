// SPDX-License-Identifier: Apache-2.0
#include "server/core/render/render_engine.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/core/batching/batch_scheduler.h"

namespace facet::server {
namespace {

// What may share a batch. The model is held by each task.
struct BatchKey {
  LoadedModel* model = nullptr;
  model::PixelFormat format;
  bool operator==(const BatchKey&) const = default;
};

// The part of a task that the engine's thread needs.
struct Job {
  ModelHandle model;
  std::vector<float> dense;
  char* pixels = nullptr;
};

using Scheduler = BatchScheduler<BatchKey, Job>;
using Slice = BatchSlice<Job>;

absl::Status CheckTask(const RenderTask& task) {
  if (task.model == nullptr || task.model->renderer == nullptr || task.pixels == nullptr || task.done == nullptr) {
    return absl::InvalidArgumentError("a render task needs a model, a buffer and a callback");
  }
  if (task.count < 1) return absl::InvalidArgumentError("a render task needs at least one image");
  const size_t wanted = size_t{1} * task.count * task.model->schema.total_classes();
  if (task.dense.size() == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a render task of ", task.count, " images needs ", wanted, " weights, not ", task.dense.size()));
}

class BatchingRenderEngine final : public RenderEngine {
 public:
  explicit BatchingRenderEngine(RenderEngineOptions options) : options_(std::move(options)) {}

  // Apart from the constructor, because it can fail and starts the threads.
  absl::Status Start();

  absl::StatusOr<int64_t> Submit(RenderTask task) override;
  void Cancel(int64_t id) override { scheduler_->Cancel(id); }
  void Drain(absl::Time deadline) override { scheduler_->Drain(deadline); }

 private:
  // These run on the engine's thread alone.
  absl::Status RenderBatch(const BatchKey& key, absl::Span<const Slice> slices);
  absl::Status RenderInPlace(const BatchKey& key, const Slice& slice);
  absl::Status RenderAndCopy(const BatchKey& key, absl::Span<const Slice> slices);

  const RenderEngineOptions options_;
  std::vector<float> dense_;              // of a batch of several tasks
  std::vector<char> pixels_;              // likewise
  std::unique_ptr<Scheduler> scheduler_;  // last: its thread uses all above
};

absl::Status BatchingRenderEngine::Start() {
  Scheduler::Options options;
  options.max_batch = options_.max_batch;
  options.max_queue = options_.max_queue;
  options.batch_wait = options_.batch_wait;
  options.polite_batch = options_.polite_batch;
  options.clock = options_.clock;
  options.engine = [this](const BatchKey& key, absl::Span<const Slice> slices) { return RenderBatch(key, slices); };
  options.on_queue_changed = [this](int images) { options_.metrics->SetRenderQueue(images); };
  options.on_first_batch = [this](absl::Duration wait) { options_.metrics->RenderQueueWait(wait); };
  ASSIGN_OR_RETURN(scheduler_, Scheduler::Create(std::move(options)));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> BatchingRenderEngine::Submit(RenderTask task) {
  RETURN_IF_ERROR(CheckTask(task));
  Scheduler::Request request;
  request.key = {task.model.get(), task.format};
  request.task = {std::move(task.model), std::move(task.dense), static_cast<char*>(task.pixels)};
  request.items = task.count;
  request.priority = task.priority == RenderPriority::kBulk ? BatchPriority::kBulk : BatchPriority::kInteractive;
  request.deadline = task.deadline;
  request.done = std::move(task.done);
  return scheduler_->Submit(std::move(request));
}

size_t BytesPerImage(const BatchKey& key) {
  return key.model->renderer->shape().samples() * key.format.bytes_per_sample();
}

absl::Status BatchingRenderEngine::RenderBatch(const BatchKey& key, absl::Span<const Slice> slices) {
  const absl::Time start = options_.clock->Now();
  int images = 0;
  for (const Slice& slice : slices) images += slice.count;
  const absl::Status status = slices.size() == 1 ? RenderInPlace(key, slices[0]) : RenderAndCopy(key, slices);
  if (status.ok()) {
    options_.metrics->RenderBatch(images, options_.clock->Now() - start);
  }
  return options_.device_faults == nullptr ? status : options_.device_faults->Observe(status);
}

absl::Status BatchingRenderEngine::RenderInPlace(const BatchKey& key, const Slice& slice) {
  const size_t classes = key.model->schema.total_classes();
  return key.model->renderer->Render(
      absl::MakeConstSpan(slice.task->dense).subspan(slice.begin * classes, slice.count * classes), slice.count,
      key.format, slice.task->pixels + slice.begin * BytesPerImage(key));
}

// A copy of the pixels costs less than a thousandth of computing them.
absl::Status BatchingRenderEngine::RenderAndCopy(const BatchKey& key, absl::Span<const Slice> slices) {
  const size_t classes = key.model->schema.total_classes();
  int images = 0;
  dense_.clear();
  for (const Slice& slice : slices) {
    const float* begin = slice.task->dense.data() + slice.begin * classes;
    dense_.insert(dense_.end(), begin, begin + slice.count * classes);
    images += slice.count;
  }
  const size_t image_bytes = BytesPerImage(key);
  if (pixels_.size() < images * image_bytes) pixels_.resize(images * image_bytes);
  RETURN_IF_ERROR(key.model->renderer->Render(dense_, images, key.format, pixels_.data()));
  const char* source = pixels_.data();
  for (const Slice& slice : slices) {
    std::memcpy(slice.task->pixels + slice.begin * image_bytes, source, slice.count * image_bytes);
    source += slice.count * image_bytes;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RenderEngine>> RenderEngine::Create(RenderEngineOptions options) {
  if (options.clock == nullptr || options.metrics == nullptr) {
    return absl::InvalidArgumentError("a render engine needs a clock and metrics");
  }
  auto engine = std::make_unique<BatchingRenderEngine>(std::move(options));
  RETURN_IF_ERROR(engine->Start());
  return engine;
}

}  // namespace facet::server
