// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_TASK_ESTIMATE_H_
#define FACET_SERVER_CORE_JOBS_TASK_ESTIMATE_H_

#include <cstdint>

#include "model/preset/net_shape.h"

namespace facet::server {

// What a task will compute, all of it.
struct TaskLoad {
  // Images that classifiers of the plan's shape learn from, each time one does,
  // and the largest batch of them.
  double learnt_images = 0;
  int batch_size = 0;
  // Images that classifiers look at without learning, and that the generator
  // renders.
  double looked_at_images = 0;
  double rendered_images = 0;
  // Rendered images that are held at once, as bytes.
  int64_t synthetic_bytes = 0;
};

// Bytes that the trainer takes for it, without data sets and LibTorch's own.
int64_t TaskMemory(const model::NetPlan& nets, const TaskLoad& load);

// Floating-point operations of all of it.
double TaskOperations(const model::NetPlan& nets, const TaskLoad& load);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_TASK_ESTIMATE_H_
