// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_job.h"

#include <algorithm>
#include <utility>

#include "base/behind_wall.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

// Images after which a cancelled batch ends, and others get their turn.
constexpr size_t kJudgedAtOnce = 16;
constexpr absl::Duration kRetryDelay = absl::Milliseconds(5);

absl::Status Cancelled() { return absl::CancelledError("the stream was cancelled"); }

}  // namespace

BatchJob::BatchJob(Parts parts, const model::SequencedBatch& batch, absl::AnyInvocable<void()> on_rendering,
                   BatchStream::Callback callback)
    : parts_(std::move(parts)),
      batch_(batch),
      row_(parts_.stream->model->schema.total_classes()),
      on_rendering_(std::move(on_rendering)),
      callback_(std::move(callback)) {}

absl::Status BatchJob::Plan() {
  const int count = parts_.stream->plan.ImagesOf(batch_.content);
  images_.resize(count);
  left_out_.resize(count);
  dense_.resize(static_cast<size_t>(count) * row_);
  std::vector<int> rendered;
  for (int i = 0; i < count; ++i) {
    PlanImage(i, 0);
    if (!images_[i].planned.real) rendered.push_back(i);
  }
  return BeginRound(std::move(rendered));
}

void BatchJob::Do(Step step) {
  const absl::Status status = BehindWall([&] { return (this->*step)(); });
  if (!status.ok()) Finish(status);
}

void BatchJob::Finish(absl::StatusOr<StreamBatch> batch) {
  BatchStream::Callback callback = std::exchange(callback_, nullptr);
  if (callback != nullptr) callback(std::move(batch));
}

void BatchJob::PlanImage(int place, int attempt) {
  images_[place].planned =
      parts_.stream->plan.Plan(batch_.epoch, batch_.content, place, attempt,
                               absl::MakeSpan(dense_).subspan(static_cast<size_t>(place) * row_, row_));
  images_[place].replaced = attempt;
}

BatchJob::Round BatchJob::MakeRound(std::vector<int> places) {
  const OpenedStream& stream = *parts_.stream;
  Round round;
  round.places = std::move(places);
  const size_t image_bytes = stream.model->renderer->shape().samples() * stream.render_format().bytes_per_sample();
  round.pixels = std::make_shared<std::string>(round.places.size() * image_bytes, '\0');
  for (size_t i = 0; i < round.places.size(); ++i) {
    const int place = round.places[i];
    const auto begin = dense_.begin() + static_cast<ptrdiff_t>(place) * row_;
    round.dense.insert(round.dense.end(), begin, begin + row_);
    images_[place].rendered = round.pixels->data() + i * image_bytes;
  }
  return round;
}

absl::Status BatchJob::BeginRound(std::vector<int> places) {
  if (places.empty()) {
    on_rendering_();
    OnWorker(&BatchJob::Assemble);
    return absl::OkStatus();
  }
  const Round& round = rounds_.emplace_back(MakeRound(std::move(places)));
  ChunkedRender::Options options;
  options.model = parts_.stream->model;
  options.dense = round.dense;
  options.count = static_cast<int>(round.places.size());
  options.format = parts_.stream->render_format();
  options.pixels = round.pixels->data();
  options.chunk_images = parts_.chunk_images;
  options.chunks_at_once = parts_.chunks_at_once;
  options.engine = parts_.engine;
  options.delayed = parts_.delayed;
  options.on_submitted = [self = shared_from_this()] { self->on_rendering_(); };
  options.done = [self = shared_from_this()](const absl::Status& status) { self->RoundDone(status); };
  auto render = std::make_shared<ChunkedRender>(std::move(options));
  bool begin = false;
  {
    // From here on a Cancel finds the render; one that came before did not.
    absl::MutexLock lock(&mutex_);
    begin = !cancelled_;
    if (begin) render_ = render;
  }
  if (!begin) return Cancelled();
  render->Start();
  return absl::OkStatus();
}

void BatchJob::RoundDone(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    render_.reset();  // it holds this
  }
  if (!status.ok()) return Finish(status);
  OnWorker(parts_.stream->filter.has_value() ? &BatchJob::Judge : &BatchJob::Assemble);
}

void BatchJob::OnWorker(Step step) {
  // Turning and judging images takes time that the engine's thread has not.
  if (parts_.workers->Schedule([self = shared_from_this(), step] { self->Do(step); }).ok()) return;
  parts_.delayed->After(kRetryDelay, [self = shared_from_this(), step] { self->OnWorker(step); });
}

absl::Status BatchJob::Judge() {
  if (cancelled()) return Cancelled();
  RETURN_IF_ERROR(JudgeSome());
  if (verdicts_.size() < rounds_.back().places.size()) {
    // Others get the worker in between.
    OnWorker(&BatchJob::Judge);
    return absl::OkStatus();
  }
  std::vector<int> again = DropBadImages();
  if (cancelled()) return Cancelled();
  if (!again.empty()) return BeginRound(std::move(again));
  RemoveLeftOut();
  return Assemble();
}

absl::Status BatchJob::JudgeSome() {
  const Round& round = rounds_.back();
  const model::ImageShape& shape = parts_.stream->model->renderer->shape();
  const size_t begin = verdicts_.size();
  const size_t count = std::min(kJudgedAtOnce, round.places.size() - begin);
  const auto* pixels = reinterpret_cast<const float*>(round.pixels->data()) + begin * shape.samples();
  ASSIGN_OR_RETURN(const auto verdicts,
                   parts_.stream->filter->Judge(absl::MakeConstSpan(pixels, count * shape.samples()), shape,
                                                absl::MakeConstSpan(round.dense).subspan(begin * row_, count * row_),
                                                static_cast<int>(count)));
  verdicts_.insert(verdicts_.end(), verdicts.begin(), verdicts.end());
  return absl::OkStatus();
}

std::vector<int> BatchJob::DropBadImages() {
  const std::vector<QualityFilter::Verdict> verdicts = std::exchange(verdicts_, {});
  const QualityFilter& filter = *parts_.stream->filter;
  const Round& round = rounds_.back();
  const int count = static_cast<int>(round.places.size());
  counts_.set_rendered(counts_.rendered() + count);
  std::vector<int> again;
  for (int i = 0; i < count; ++i) {
    const int place = round.places[i];
    switch (verdicts[i]) {
      case QualityFilter::Verdict::kKept:
        counts_.set_kept(counts_.kept() + 1);
        continue;
      case QualityFilter::Verdict::kNotSharp:
        counts_.set_dropped_sharpness(counts_.dropped_sharpness() + 1);
        break;
      case QualityFilter::Verdict::kNotBelieved:
        counts_.set_dropped_confidence(counts_.dropped_confidence() + 1);
        break;
    }
    const int attempt = images_[place].replaced + 1;
    left_out_[place] = attempt > filter.attempts();
    if (left_out_[place]) continue;
    PlanImage(place, attempt);
    again.push_back(place);
  }
  return again;
}

void BatchJob::RemoveLeftOut() {
  size_t kept = 0;
  for (size_t i = 0; i < images_.size(); ++i) {
    if (left_out_[i]) continue;
    images_[kept] = images_[i];
    std::copy_n(dense_.begin() + static_cast<ptrdiff_t>(i) * row_, row_,
                dense_.begin() + static_cast<ptrdiff_t>(kept) * row_);
    ++kept;
  }
  images_.resize(kept);
  dense_.resize(kept * row_);
}

absl::Status BatchJob::Assemble() {
  const OpenedStream& stream = *parts_.stream;
  StreamBatch batch;
  v1::StreamBatchesResponse& message = batch.message;
  DescribeBatch(stream, images_, dense_, message);
  if (stream.filter.has_value()) *message.mutable_filter() = counts_;
  message.set_epoch(batch_.epoch);
  message.set_batch_index(batch_.batch);
  message.set_epoch_end(batch_.epoch_end);
  message.set_filler(batch_.filler);
  message.set_model_version(stream.model->name);
  if (stream.real.has_value()) message.set_dataset_version(stream.real->version);
  for (std::string& version : stream.judge_versions()) message.add_judge_versions(std::move(version));
  if (stream.rehearsal == v1::REHEARSAL_RENDER) {
    Finish(std::move(batch));
    return absl::OkStatus();
  }
  if (stream.direct()) {
    batch.pixels = rounds_[0].pixels;
  } else {
    const size_t image_bytes = stream.model->renderer->shape().samples() * stream.wire.bytes_per_sample();
    auto pixels = std::make_shared<std::string>(images_.size() * image_bytes, '\0');
    FinishPixels(stream, images_, pixels->data());
    batch.pixels = std::move(pixels);
  }
  rounds_.clear();
  Finish(std::move(batch));
  return absl::OkStatus();
}

bool BatchJob::cancelled() {
  absl::MutexLock lock(&mutex_);
  return cancelled_;
}

void BatchJob::Cancel() {
  std::shared_ptr<ChunkedRender> render;
  {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    render = render_;
  }
  if (render != nullptr) render->Cancel();
}

}  // namespace facet::server
