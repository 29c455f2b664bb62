// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_RECOGNISER_H_
#define FACET_MODEL_RECOGNISE_RECOGNISER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/dataset.h"
#include "model/evaluate/judge.h"
#include "model/preset/net_shape.h"
#include "model/recognise/comparison_plan.h"
#include "model/train/batch.h"

namespace facet::model {

// A classifier of the plan's shape with a head for `plan.feature` alone, trained
// at one rate. Its weights, dropout and batches follow from `seed`. Errors of
// TrainClassifier. `on_step` gets the steps done.
absl::StatusOr<std::unique_ptr<Judge>> TrainRecogniser(const ComparisonPlan& plan, const NetPlan& nets, int seed,
                                                       std::unique_ptr<BatchSource> batches, const std::string& device,
                                                       std::function<void(int)> on_step, const std::atomic<bool>& stop);

// The most probable class of `feature` (of the recogniser's schema), for each
// image of `images`, in batches of `batch`, after each of which `on_batch` is
// called. `schema` is the recogniser's. CANCELLED soon after `stop` is set.
absl::StatusOr<std::vector<uint16_t>> Recognise(Judge& recogniser, const FeatureSchema& schema, int feature,
                                                const Dataset& images, int batch, const std::function<void()>& on_batch,
                                                const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_RECOGNISER_H_
