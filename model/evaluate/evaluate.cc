// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/evaluate.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluate/judge.h"
#include "model/evaluate/measure.h"
#include "model/evaluate/synthetic_lesson.h"

namespace facet::model {
namespace {

// Share of the time that the training of one classifier takes, roughly.
constexpr double kTrainingShare = 0.7;
constexpr double kTrainingShareOfTwo = 0.41;

}  // namespace

absl::StatusOr<Evaluation> Evaluate(const EvaluateOptions& options, const std::atomic<bool>& stop) {
  const auto report = [&](double begin, double share) {
    return [&options, begin, share](double done) {
      if (options.on_progress) options.on_progress(begin + share * done);
    };
  };
  const bool twice = options.plan.judge.train_on_synthetic;
  const double share = twice ? kTrainingShareOfTwo : kTrainingShare;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Judge> judge,
      TrainJudge({options.plan, options.dataset, options.split.train, options.device, report(0, share)}, stop));
  std::vector<FeatureAccuracy> lesson;
  if (twice) {
    ASSIGN_OR_RETURN(lesson, LearnFromSynthetic(options, *judge, report(share, share), stop));
  }
  const double measured_from = twice ? 2 * share : share;
  ASSIGN_OR_RETURN(Evaluation evaluation, Measure(options, *judge, report(measured_from, 1 - measured_from), stop));
  evaluation.train_on_synthetic = std::move(lesson);
  evaluation.judge_seed = options.plan.judge.seed;
  evaluation.judge_train_images = static_cast<int64_t>(options.split.train.size());
  return evaluation;
}

}  // namespace facet::model
