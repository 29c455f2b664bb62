// SPDX-License-Identifier: Apache-2.0
// The measuring half of Evaluate(), apart from the judge's training.
#ifndef FACET_MODEL_EVALUATE_MEASURE_H_
#define FACET_MODEL_EVALUATE_MEASURE_H_

#include <atomic>
#include <functional>

#include "absl/status/statusor.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/judge.h"

namespace facet::model {

// Renders and judges every part of an Evaluation. `on_progress` gets the
// fraction of images done. CANCELLED soon after `stop` is set.
absl::StatusOr<Evaluation> Measure(const EvaluateOptions& options, Judge& judge,
                                   const std::function<void(double)>& on_progress, const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_MEASURE_H_
