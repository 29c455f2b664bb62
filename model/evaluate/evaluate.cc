// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/evaluate.h"

#include <memory>

#include "base/status_macros.h"
#include "model/evaluate/judge.h"
#include "model/evaluate/measure.h"

namespace facet::model {
namespace {

// Share of the time that the judge's training takes, roughly.
constexpr double kTrainingShare = 0.7;

}  // namespace

absl::StatusOr<Evaluation> Evaluate(const EvaluateOptions& options, const std::atomic<bool>& stop) {
  const auto report = [&](double begin, double share) {
    return [&options, begin, share](double done) {
      if (options.on_progress) options.on_progress(begin + share * done);
    };
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<Judge> judge,
                   TrainJudge({options.plan, options.dataset, options.split.train, options.device,
                               report(0, kTrainingShare)},
                              stop));
  return Measure(options, *judge, report(kTrainingShare, 1 - kTrainingShare), stop);
}

}  // namespace facet::model
