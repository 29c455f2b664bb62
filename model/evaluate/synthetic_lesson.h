// SPDX-License-Identifier: Apache-2.0
// Train on synthetic, test on real: how much of what tells classes apart a
// model has learnt.
#ifndef FACET_MODEL_EVALUATE_SYNTHETIC_LESSON_H_
#define FACET_MODEL_EVALUATE_SYNTHETIC_LESSON_H_

#include <atomic>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/judge.h"

namespace facet::model {

// As v1.EvaluationReport.train_on_synthetic says: trains a second classifier
// like `judge` on one rendered image of each cell of training, and has both look
// at real images, `options.max_images` at the most. Pixels of all cells are
// held at once, as bytes. A pure function of options, weights and judge. Errors
// of TrainJudge and Renderer; CANCELLED soon after `stop` is set.
absl::StatusOr<std::vector<FeatureAccuracy>> LearnFromSynthetic(const EvaluateOptions& options, Judge& judge,
                                                                const std::function<void(double)>& on_progress,
                                                                const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_SYNTHETIC_LESSON_H_
