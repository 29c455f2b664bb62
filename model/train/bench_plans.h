// SPDX-License-Identifier: Apache-2.0
// Plans of the bundled presets for benchmarks: apart from those, because files
// that see LibTorch must not see protobuf.
#ifndef FACET_MODEL_TRAIN_BENCH_PLANS_H_
#define FACET_MODEL_TRAIN_BENCH_PLANS_H_

#include <string>

#include "model/preset/net_shape.h"

namespace facet::model {

// `digits` with the features of the bundled digits; any other with 70
// identities, 7 expressions and 8 transforms. Ends the program where there is
// no such preset.
NetPlan BenchPlan(const std::string& preset);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BENCH_PLANS_H_
