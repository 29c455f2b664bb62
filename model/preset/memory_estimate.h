// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_PRESET_MEMORY_ESTIMATE_H_
#define FACET_MODEL_PRESET_MEMORY_ESTIMATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Bytes that training takes at the most, by part. An estimate, for decisions
// and messages: the libraries' own code and workspaces (about half a GiB) come
// on top.
struct MemoryEstimate {
  int64_t weights = 0;      // of both nets, and the generator's average
  int64_t gradients = 0;    // of both nets
  int64_t moments = 0;      // of both optimisers
  int64_t activations = 0;  // of one step, kept for its gradients
  int64_t batches = 0;      // images read ahead
  int64_t total() const { return weights + gradients + moments + activations + batches; }
};

// A function of the plan alone: nothing is allocated.
MemoryEstimate EstimateMemory(const NetPlan& plan);

// What a classifier takes that learns on its own, `batch_size` images a step.
MemoryEstimate EstimateMemory(const ClassifierShape& shape, int batch_size);

// What rendering in batches of `batch_size` takes: weights as they are read and
// as they are used, and the activations.
int64_t EstimateRenderMemory(const GeneratorShape& shape, int batch_size);

// "45.2 GiB: weights 3.1, gradients 3.1, optimisers 6.2, activations 32.4,
// images 0.4".
std::string DescribeMemory(const MemoryEstimate& estimate);

// RESOURCE_EXHAUSTED (reason PRESET_TOO_LARGE) where the estimate is over
// `bytes`; the message has the estimate and says what makes it smaller. 0
// bytes: unknown, always OK.
absl::Status CheckFitsMemory(const NetPlan& plan, int64_t bytes);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_MEMORY_ESTIMATE_H_
