// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_SCHEDULE_H_
#define FACET_MODEL_NN_SCHEDULE_H_

#include "model/preset/net_shape.h"

namespace facet::model {

// The learning rate of step `step`, in [0, steps), of a run of `steps` steps
// with base rate `base`. With n = interval, f = factor, w = warmup_steps:
//
//   kPaper    base * 0.5^floor(step / n)
//   kStep     max(floor, base * f^floor(step / n))
//   kCosine   floor + (base - floor) * (1 + cos(pi * t)) / 2,
//             t = (step - w) / (steps - 1 - w) from the end of the warm-up on
//
// and in all of them, while step < w, that rate (for kCosine: base) times
// (step + 1) / (w + 1). A floor above `base` counts as `base`.
double LearningRate(const SchedulePlan& schedule, double base, int step, int steps);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_SCHEDULE_H_
