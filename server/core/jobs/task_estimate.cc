// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/task_estimate.h"

#include "model/preset/memory_estimate.h"
#include "server/core/jobs/net_operations.h"

namespace facet::server {
namespace {

// As the trainer renders.
constexpr int kRenderBatch = 64;

}  // namespace

int64_t TaskMemory(const model::NetPlan& nets, const TaskLoad& load) {
  return model::EstimateMemory(nets.classifier, load.batch_size).total() +
         model::EstimateRenderMemory(nets.generator, kRenderBatch) + load.synthetic_bytes;
}

double TaskOperations(const model::NetPlan& nets, const TaskLoad& load) {
  const auto classifier = static_cast<double>(Multiplications(nets.classifier));
  const auto generator = static_cast<double>(Multiplications(nets.generator));
  return 2 * (classifier * (3 * load.learnt_images + load.looked_at_images) + generator * load.rendered_images);
}

}  // namespace facet::server
