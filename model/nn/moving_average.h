// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_MOVING_AVERAGE_H_
#define FACET_MODEL_NN_MOVING_AVERAGE_H_

#include "absl/strings/string_view.h"
#include "model/nn/parameters.h"

namespace facet::model {

// The moving average of a net's parameters, which draws steadier images than
// the parameters themselves, that are still shaken by the last batches. Not
// thread-safe. Throws as LibTorch does.
class MovingAverage {
 public:
  // Begins as a copy of `parameters`, on their device; `decay` is in [0, 1).
  // Tensors are named `prefix`.<name of the parameter>.
  MovingAverage(const NamedTensors& parameters, double decay, absl::string_view prefix);

  // Takes in `parameters` as they are after their `updates`-th update, counted
  // from 1: average = d * average + (1 - d) * parameter, d = min(decay,
  // (1 + updates) / (10 + updates)), so that the first weights are soon forgotten.
  void Update(const NamedTensors& parameters, int updates);

  // For checkpoints.
  const NamedTensors& state() const { return state_; }
  // The average under the parameters' own names; handles of state().
  NamedTensors Parameters() const;

 private:
  double decay_;
  size_t prefix_length_;
  NamedTensors state_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_NN_MOVING_AVERAGE_H_
