// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/measure.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/status_macros.h"
#include "model/evaluate/detail_measurer.h"
#include "model/evaluate/examiner.h"
#include "model/evaluate/image_quality.h"
#include "model/evaluate/likeness.h"
#include "model/evaluate/sample.h"
#include "model/train/mix_partners.h"

namespace facet::model {
namespace {

constexpr int kSampleImages = 32;
// Pairs whose way from one parent to the other is looked at, and its steps.
constexpr size_t kSmoothPairs = 16;
constexpr int kSmoothSteps = 10;

// Parents of mixes: labels of `first[i]` and `second[i]` differ in one feature.
struct Pairs {
  std::vector<int64_t> first;
  std::vector<int64_t> second;
};

struct CellSums {
  explicit CellSums(const Tally& none) : synthetic(none), real(none) {}
  Tally synthetic;
  Tally real;
  double squared_error = 0;  // of the mean pixel, summed over images
  DetailMeasurer::Group detail;
};

struct MixSums {
  explicit MixSums(const Tally& none) : synthetic(none), real(none) {}
  Tally synthetic;
  Tally real;
  double parent_mass = 0;       // summed over images
  double squared_distance = 0;  // likewise, of the mean pixel
  // Of the first images alone, as many as the detail is measured of.
  size_t looked_at = 0;
  double nearest = 0;                    // summed over `looked_at`
  double squared_rendered_distance = 0;  // likewise, of the mean pixel
};

// Nothing where there were no images, or one of them held no number.
std::optional<double> PsnrOf(const CellSums& sums) {
  const double error = sums.squared_error / static_cast<double>(sums.real.seen);
  return std::isfinite(error) ? std::optional(PsnrFromError(error)) : std::nullopt;
}

class Measurer {
 public:
  Measurer(const EvaluateOptions& options, Judge& judge, const std::function<void(double)>& on_progress,
           const std::atomic<bool>& stop)
      : options_(options),
        dataset_(*options.dataset),
        schema_(options.dataset->info().schema),
        examiner_(*options.dataset, *options.renderer, judge, *options.clock, options.render_batch),
        held_out_real_(examiner_.NewTally()),
        detail_(*options.dataset, judge, options.split.train, Choose(options.split.train, "class centres"), stop),
        on_progress_(on_progress),
        stop_(stop) {}

  absl::StatusOr<Evaluation> Run();

 private:
  using Images = absl::Span<const int64_t>;

  std::vector<int64_t> Choose(const std::vector<int64_t>& images, absl::string_view purpose) const;
  Pairs DrawPairs(int feature) const;
  absl::Status AddCells(Images images, CellSums* sums);
  absl::StatusOr<double> SquaredDistanceToRenderedBlend(absl::Span<const float> mixes, Images first, Images second);
  absl::Status AddMixes(int feature, Images first, Images second, MixSums* sums);
  absl::StatusOr<CellSums> MeasureCells(const std::vector<int64_t>& images);
  absl::StatusOr<double> MeasureSmoothness(const Pairs& pairs);
  absl::StatusOr<Evaluation::Mix> MeasureMixes(int feature, const Pairs& pairs);
  absl::StatusOr<AccuracyHistory> MeasureHistory();
  // Length of the next batch of `size` images from `begin` on, or CANCELLED.
  absl::StatusOr<size_t> NextBatch(size_t size, size_t begin) const;
  void CountDone(size_t images);

  const EvaluateOptions& options_;
  const Dataset& dataset_;
  const FeatureSchema& schema_;
  Examiner examiner_;
  Tally held_out_real_;  // over all rules: real images that the judge never saw
  DetailMeasurer detail_;
  const std::function<void(double)>& on_progress_;
  const std::atomic<bool>& stop_;
  size_t images_planned_ = 0;
  size_t images_done_ = 0;
};

std::vector<int64_t> Measurer::Choose(const std::vector<int64_t>& images, absl::string_view purpose) const {
  std::vector<int64_t> chosen;
  for (const int64_t position : SamplePositions(static_cast<int64_t>(images.size()), options_.max_images,
                                                options_.plan.training.seed, purpose)) {
    chosen.push_back(images[position]);
  }
  return chosen;
}

Pairs Measurer::DrawPairs(int feature) const {
  Pairs pairs;
  if (schema_.features()[feature].classes.size() < 2) return pairs;
  const std::vector<int64_t>& train = options_.split.train;
  const MixPartners partners(dataset_, train, feature);
  const uint64_t seed = options_.plan.training.seed;
  for (const int64_t position : SamplePositions(static_cast<int64_t>(train.size()), options_.max_images, seed,
                                                schema_.features()[feature].name)) {
    CounterRandom random(seed, "mix partner", position);
    const std::optional<int64_t> partner = partners.Draw(position, random);
    if (!partner.has_value()) continue;
    pairs.first.push_back(train[position]);
    pairs.second.push_back(*partner);
  }
  return pairs;
}

absl::Status Measurer::AddCells(Images images, CellSums* sums) {
  const auto count = static_cast<int>(images.size());
  RETURN_IF_ERROR(examiner_.Render(examiner_.FeatureVectors(images), count));
  RETURN_IF_ERROR(examiner_.Score(images, &sums->synthetic));
  const std::vector<float> rendered = examiner_.pixels();
  examiner_.LoadReal(images);
  sums->squared_error += MeanSquaredError(rendered, examiner_.pixels()) * count;
  RETURN_IF_ERROR(detail_.Add(images, rendered, examiner_.pixels(), &sums->detail));
  return examiner_.Score(images, &sums->real);
}

// Of the mean pixel, summed over the mixes, to the blend of what the model draws
// of both parents.
absl::StatusOr<double> Measurer::SquaredDistanceToRenderedBlend(absl::Span<const float> mixes, Images first,
                                                                Images second) {
  const auto count = static_cast<int>(first.size());
  std::vector<float> blend(mixes.size());
  for (const Images parents : {first, second}) {
    RETURN_IF_ERROR(examiner_.Render(examiner_.FeatureVectors(parents), count));
    for (size_t i = 0; i < blend.size(); ++i) blend[i] += 0.5f * examiner_.pixels()[i];
  }
  return MeanSquaredError(mixes, blend) * count;
}

absl::Status Measurer::AddMixes(int feature, Images first, Images second, MixSums* sums) {
  const auto count = static_cast<int>(first.size());
  std::vector<float> dense = examiner_.FeatureVectors(first);
  const std::vector<float> other = examiner_.FeatureVectors(second);
  for (size_t i = 0; i < dense.size(); ++i) dense[i] = 0.5f * (dense[i] + other[i]);
  RETURN_IF_ERROR(examiner_.Render(dense, count));
  // The labels of the first parent will do: the second's differ in the mixed
  // feature alone, which is not scored.
  RETURN_IF_ERROR(examiner_.Score(first, &sums->synthetic));
  for (int i = 0; i < count; ++i) {
    sums->parent_mass += examiner_.probabilities(i, feature)[dataset_.labels(first[i])[feature]];
    sums->parent_mass += examiner_.probabilities(i, feature)[dataset_.labels(second[i])[feature]];
  }
  const std::vector<float> rendered = examiner_.pixels();
  const size_t looked_at = std::min(first.size(), DetailMeasurer::kMaxImages - sums->looked_at);
  if (looked_at > 0) {
    ASSIGN_OR_RETURN(const double nearest, detail_.SumOfNearest(rendered, looked_at));
    const size_t samples = rendered.size() / first.size();
    ASSIGN_OR_RETURN(const double squared_distance,
                     SquaredDistanceToRenderedBlend(absl::MakeSpan(rendered).subspan(0, looked_at * samples),
                                                    first.subspan(0, looked_at), second.subspan(0, looked_at)));
    sums->nearest += nearest;
    sums->squared_rendered_distance += squared_distance;
    sums->looked_at += looked_at;
  }
  std::vector<float> blend(rendered.size());
  for (const Images parents : {first, second}) {
    examiner_.LoadReal(parents);
    for (size_t i = 0; i < blend.size(); ++i) blend[i] += 0.5f * examiner_.pixels()[i];
    if (held_out_real_.seen == 0) RETURN_IF_ERROR(examiner_.Score(parents, &sums->real));
  }
  sums->squared_distance += MeanSquaredError(rendered, blend) * count;
  return absl::OkStatus();
}

absl::StatusOr<size_t> Measurer::NextBatch(size_t size, size_t begin) const {
  if (stop_) return absl::CancelledError("the evaluation was stopped");
  return std::min<size_t>(options_.render_batch, size - begin);
}

void Measurer::CountDone(size_t images) {
  images_done_ += images;
  if (on_progress_) on_progress_(static_cast<double>(images_done_) / static_cast<double>(images_planned_));
}

absl::StatusOr<CellSums> Measurer::MeasureCells(const std::vector<int64_t>& images) {
  CellSums sums(examiner_.NewTally());
  for (size_t begin = 0; begin < images.size();) {
    ASSIGN_OR_RETURN(const size_t count, NextBatch(images.size(), begin));
    RETURN_IF_ERROR(AddCells(Images(images).subspan(begin, count), &sums));
    CountDone(count);
    begin += count;
  }
  return sums;
}

absl::StatusOr<double> Measurer::MeasureSmoothness(const Pairs& pairs) {
  const size_t size = std::min(kSmoothPairs, pairs.first.size());
  double sum = 0;
  for (size_t i = 0; i < size; ++i) {
    if (stop_) return absl::CancelledError("the evaluation was stopped");
    const std::vector<float> first = examiner_.FeatureVectors(Images(pairs.first).subspan(i, 1));
    const std::vector<float> second = examiner_.FeatureVectors(Images(pairs.second).subspan(i, 1));
    std::vector<float> way;
    for (int step = 0; step <= kSmoothSteps; ++step) {
      const float ratio = static_cast<float>(step) / kSmoothSteps;
      std::vector<float> dense = first;
      for (size_t k = 0; k < dense.size(); ++k) dense[k] += ratio * (second[k] - first[k]);
      RETURN_IF_ERROR(examiner_.Render(dense, 1));
      way.insert(way.end(), examiner_.pixels().begin(), examiner_.pixels().end());
    }
    sum += Unevenness(way, kSmoothSteps + 1);
  }
  return sum / static_cast<double>(size);
}

absl::StatusOr<Evaluation::Mix> Measurer::MeasureMixes(int feature, const Pairs& pairs) {
  const size_t size = pairs.first.size();
  MixSums sums(examiner_.NewTally());
  for (size_t begin = 0; begin < size;) {
    ASSIGN_OR_RETURN(const size_t count, NextBatch(size, begin));
    RETURN_IF_ERROR(AddMixes(feature, Images(pairs.first).subspan(begin, count),
                             Images(pairs.second).subspan(begin, count), &sums));
    CountDone(count);
    begin += count;
  }
  Evaluation::Mix mix;
  mix.feature = schema_.features()[feature].name;
  mix.image_count = static_cast<int64_t>(size);
  mix.kept = examiner_.Accuracies(sums.synthetic, held_out_real_.seen > 0 ? held_out_real_ : sums.real, feature);
  mix.parent_mass = sums.parent_mass / static_cast<double>(size);
  mix.blend_distance = std::sqrt(sums.squared_distance / static_cast<double>(size));
  mix.rendered_blend_distance = std::sqrt(sums.squared_rendered_distance / static_cast<double>(sums.looked_at));
  mix.nearest_distance = sums.nearest / static_cast<double>(sums.looked_at);
  ASSIGN_OR_RETURN(mix.smoothness, MeasureSmoothness(pairs));
  return mix;
}

absl::StatusOr<AccuracyHistory> Measurer::MeasureHistory() {
  const SampleSeries& samples = options_.samples;
  AccuracyHistory history;
  history.held_out = samples.held_out;
  history.image_count = static_cast<int64_t>(samples.images.size());
  Tally real = examiner_.NewTally();
  examiner_.LoadReal(samples.images);
  RETURN_IF_ERROR(examiner_.Score(samples.images, &real));
  for (const FeatureAccuracy& accuracy : examiner_.Accuracies(real, real)) {
    history.features.push_back(accuracy.feature);
    history.real.push_back(accuracy.real);
  }
  for (const int step : samples.steps) {
    if (stop_) return absl::CancelledError("the evaluation was stopped");
    auto drawn = samples.read(step);
    if (!drawn.ok()) continue;
    Tally tally = examiner_.NewTally();
    examiner_.Load(*std::move(drawn));
    RETURN_IF_ERROR(examiner_.Score(samples.images, &tally));
    history.points.push_back({step, {}});
    for (const FeatureAccuracy& accuracy : examiner_.Accuracies(tally, real)) {
      history.points.back().accuracy.push_back(accuracy.synthetic);
    }
  }
  return history;
}

absl::StatusOr<Evaluation> Measurer::Run() {
  std::vector<std::vector<int64_t>> held_out;
  for (const Split::HeldOut& group : options_.split.held_out) held_out.push_back(Choose(group.images, group.rule));
  const std::vector<int64_t> train = Choose(options_.split.train, "judged training cells");
  std::vector<Pairs> pairs;
  for (int f = 0; f < schema_.size(); ++f) pairs.push_back(DrawPairs(f));
  images_planned_ = train.size();
  for (const auto& group : held_out) images_planned_ += group.size();
  for (const Pairs& of_feature : pairs) images_planned_ += of_feature.first.size();

  images_planned_ += detail_.images_to_prepare();
  RETURN_IF_ERROR(detail_.Prepare(options_.render_batch, [&](size_t images) { CountDone(images); }));
  Evaluation evaluation;
  for (size_t i = 0; i < held_out.size(); ++i) {
    const Split::HeldOut& group = options_.split.held_out[i];
    ASSIGN_OR_RETURN(const CellSums sums, MeasureCells(held_out[i]));
    held_out_real_.Add(sums.real);
    evaluation.held_out.push_back(
        {group.rule, CountCells(dataset_, group.images), examiner_.Accuracies(sums.synthetic, sums.real), PsnrOf(sums),
         SampleCells(dataset_, group.images, kSampleImages, options_.plan.training.seed), detail_.Finish(sums.detail)});
  }
  ASSIGN_OR_RETURN(const CellSums sums, MeasureCells(train));
  evaluation.train = examiner_.Accuracies(sums.synthetic, sums.real);
  evaluation.train_psnr_db = PsnrOf(sums);
  evaluation.train_measures = detail_.Finish(sums.detail);
  for (int f = 0; f < schema_.size(); ++f) {
    if (pairs[f].first.empty()) continue;
    ASSIGN_OR_RETURN(Evaluation::Mix mix, MeasureMixes(f, pairs[f]));
    evaluation.mixes.push_back(std::move(mix));
  }
  if (!options_.samples.steps.empty()) {
    ASSIGN_OR_RETURN(evaluation.history, MeasureHistory());
  }
  evaluation.render_images_per_second = examiner_.images_per_second();
  return evaluation;
}

}  // namespace

absl::StatusOr<Evaluation> Measure(const EvaluateOptions& options, Judge& judge,
                                   const std::function<void(double)>& on_progress, const std::atomic<bool>& stop) {
  return Measurer(options, judge, on_progress, stop).Run();
}

}  // namespace facet::model
