// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_ESTIMATE_H_
#define FACET_SERVER_CORE_JOBS_JOB_ESTIMATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "facet/v1/training.pb.h"
#include "model/preset/net_shape.h"
#include "server/core/jobs/task_estimate.h"

namespace facet::server {

// How fast an earlier job of the same nets was.
struct MeasuredSpeed {
  std::string job;
  double images_per_second = 0;
};

struct JobEstimateInput {
  model::NetPlan nets;
  int first_step = 0;  // where training begins
  int64_t dataset_bytes = 0;
  int checkpoints_kept = 2;
  // What the judge does once training is over, if there is one.
  std::optional<TaskLoad> judge;
  // What is done in place of training and judge, where a task is.
  std::optional<TaskLoad> task;
  std::optional<MeasuredSpeed> measured;
  int cores = 1;
  // Of the machine now, for warnings; nothing where it is not known.
  std::optional<int64_t> free_memory;
  std::optional<int64_t> free_disk;
};

// What a job will take. Memory: model::EstimateMemory, the data set, a copy of
// the state for the checkpoint in the making, and LibTorch's own. Disk: the
// checkpoints kept, the best and one in the making, bundle, sheets of samples,
// log. Time: from `measured`, else by counting operations (CountStepOperations)
// at 30 GFLOP/s a core, which machines of these days reach within a factor of
// two, and 5 ms a step at the least; the judge's by TaskOperations at the same
// speed, in operations. Of a task: memory by TaskMemory, disk for
// the copy of the model, time by TaskOperations; no checkpoint.
v1::ResourceEstimate EstimateJob(const JobEstimateInput& input);

// Of a checkpoint of these nets, but for its curve.
int64_t CheckpointBytes(const model::NetPlan& nets);

// Floating-point operations of a training step, averaged over the run: a
// multiplication and an addition are two. Forward and backward cost three times
// the forward pass; through the frozen classifier, two.
double CountStepOperations(const model::NetPlan& nets);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_ESTIMATE_H_
