// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_PLAN_H_
#define FACET_SERVER_CORE_JOBS_JOB_PLAN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/training.pb.h"
#include "model/preset/net_shape.h"
#include "server/core/datasets/dataset_registry.h"

namespace facet::server {

struct JobPlanOptions {
  FileSystem* file_system = nullptr;
  std::string preset_dir;
  DatasetRegistry* datasets = nullptr;
  // What the trainer may take; 0: unknown.
  int64_t memory_bytes = 0;
};

struct JobPlan {
  // What the trainer is to do, but for `training_job` and `start`.
  internal::TrainerSpec trainer;
  model::NetPlan nets;
  int64_t dataset_bytes = 0;
};

// Checks all of a spec that can be checked without training, and pins what it
// only names: the version of the data set, the preset with the overrides merged.
//
// INVALID_ARGUMENT with the field path in the request ("spec.hold_out[1].per[0]",
// "spec.overrides.learning_rate"). NOT_FOUND: the data set or the preset.
// RESOURCE_EXHAUSTED (PRESET_TOO_LARGE): training would not fit into memory.
absl::StatusOr<JobPlan> PlanJob(const JobPlanOptions& options, const v1::TrainingSpec& spec);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_PLAN_H_
