// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/synthetic_lesson.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluate/examiner.h"
#include "model/evaluate/sample.h"
#include "model/train/batch.h"
#include "model/train/labelled_images.h"

namespace facet::model {
namespace {

absl::Status Stopped() { return absl::CancelledError("the evaluation was stopped"); }

// One image of each cell of training.
std::vector<int64_t> DistinctCells(const Dataset& dataset, const std::vector<int64_t>& images) {
  std::set<std::vector<uint16_t>> seen;
  std::vector<int64_t> distinct;
  for (const int64_t image : images) {
    const auto labels = dataset.labels(image);
    if (seen.emplace(labels.begin(), labels.end()).second) distinct.push_back(image);
  }
  return distinct;
}

// `alive` is called after each batch; likewise below.
absl::StatusOr<std::unique_ptr<MemoryImages>> RenderCells(const EvaluateOptions& options,
                                                          const std::function<void()>& alive,
                                                          const std::atomic<bool>& stop) {
  const Dataset& dataset = *options.dataset;
  const FeatureSchema& schema = dataset.info().schema;
  const std::vector<int64_t> cells = DistinctCells(dataset, options.split.train);
  auto images = std::make_unique<MemoryImages>(schema, dataset.info().shape);
  images->Reserve(static_cast<int64_t>(cells.size()));
  const size_t samples = images->shape().samples();
  std::vector<uint8_t> pixels(options.render_batch * samples);
  for (size_t begin = 0; begin < cells.size(); begin += options.render_batch) {
    if (stop) return Stopped();
    const size_t count = std::min<size_t>(options.render_batch, cells.size() - begin);
    std::vector<float> dense(count * schema.total_classes());
    for (size_t i = 0; i < count; ++i) {
      WriteOneHot(schema, dataset.labels(cells[begin + i]), &dense[i * schema.total_classes()]);
    }
    RETURN_IF_ERROR(options.renderer->Render(dense, static_cast<int>(count), PixelFormat{}, pixels.data()));
    for (size_t i = 0; i < count; ++i) images->Add(&pixels[i * samples], dataset.labels(cells[begin + i]));
    alive();
  }
  return images;
}

// Real images that both classifiers look at.
std::vector<int64_t> TestImages(const EvaluateOptions& options) {
  std::vector<int64_t> images;
  for (const Split::HeldOut& group : options.split.held_out) {
    images.insert(images.end(), group.images.begin(), group.images.end());
  }
  if (images.empty()) images = options.split.train;
  std::vector<int64_t> chosen;
  for (const int64_t position : SamplePositions(static_cast<int64_t>(images.size()), options.max_images,
                                                options.plan.training.seed, "train on synthetic")) {
    chosen.push_back(images[position]);
  }
  return chosen;
}

absl::StatusOr<Tally> Examine(const EvaluateOptions& options, const std::vector<int64_t>& images, Examiner& examiner,
                              const std::function<void()>& alive, const std::atomic<bool>& stop) {
  Tally tally = examiner.NewTally();
  for (size_t begin = 0; begin < images.size(); begin += options.render_batch) {
    if (stop) return Stopped();
    const auto some = absl::MakeConstSpan(images).subspan(begin, options.render_batch);
    examiner.LoadReal(some);
    RETURN_IF_ERROR(examiner.Score(some, &tally));
    alive();
  }
  return tally;
}

}  // namespace

absl::StatusOr<std::vector<FeatureAccuracy>> LearnFromSynthetic(const EvaluateOptions& options, Judge& judge,
                                                                const std::function<void(double)>& on_progress,
                                                                const std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(const auto lesson, RenderCells(
                                          options, [&] { on_progress(0); }, stop));
  const JudgeOptions learn{options.plan, options.dataset, {}, options.device, on_progress};
  ASSIGN_OR_RETURN(const std::unique_ptr<Judge> pupil, TrainJudgeOn(learn, *lesson, stop));
  const std::vector<int64_t> test = TestImages(options);
  const auto alive = [&] { on_progress(1); };
  const auto examiner_of = [&options](Judge& asked) {
    return Examiner(*options.dataset, *options.renderer, asked, *options.clock, options.render_batch);
  };
  Examiner of_pupil = examiner_of(*pupil);
  Examiner of_judge = examiner_of(judge);
  ASSIGN_OR_RETURN(const Tally synthetic, Examine(options, test, of_pupil, alive, stop));
  ASSIGN_OR_RETURN(const Tally real, Examine(options, test, of_judge, alive, stop));
  return of_judge.Accuracies(synthetic, real);
}

}  // namespace facet::model
