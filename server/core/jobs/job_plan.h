// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_PLAN_H_
#define FACET_SERVER_CORE_JOBS_JOB_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/training.pb.h"
#include "model/preset/net_shape.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/core/jobs/job_start.h"
#include "server/core/jobs/task_estimate.h"

namespace facet::server {

struct JobPlanOptions {
  FileSystem* file_system = nullptr;
  std::string preset_dir;
  DatasetRegistry* datasets = nullptr;
  // What the trainer may take; 0: unknown.
  int64_t memory_bytes = 0;
  // Finds the models of tasks. Absent: there are none.
  ModelFinder find_model = nullptr;
};

struct JobPlan {
  // What the trainer is to do, but for `training_job`, and `start` where a model
  // is trained.
  internal::TrainerSpec trainer;
  model::NetPlan nets;
  // Of all data sets.
  int64_t dataset_bytes = 0;
  // Without a task: what the judge will compute at the end, where there is one.
  std::optional<TaskLoad> judge;
  // With a task: its model, where it has one, what it will compute, and the
  // versions of the data sets that it tests on.
  std::optional<JobStart> start;
  std::optional<TaskLoad> load;
  std::string model_version;
  std::vector<std::string> test_versions;
};

// Specs are kept whole in the row of their job, which each event rewrites.
// INVALID_ARGUMENT: more than 1 MiB (field "spec", reason SPEC_TOO_LARGE), or
// more than 1000 rules (field "spec.hold_out").
absl::Status CheckSpecSize(const v1::TrainingSpec& spec);

// Checks all of a spec of bounded size that can be checked without training, and pins what it
// only names: the version of the data set, the preset with the overrides merged,
// the model of a task. With rules of held-out cells it reads the data set's
// labels and splits them, which takes a second at the most or so; of a data set
// too large for that the schema alone is checked, and the trainer finds the rest.
//
// INVALID_ARGUMENT with the field path in the request ("spec.hold_out[1].per[0]",
// "spec.overrides.learning_rate"). NOT_FOUND: a data set, the preset, or the
// model. RESOURCE_EXHAUSTED (PRESET_TOO_LARGE, JOB_TOO_LARGE): it would not fit
// into memory. DATA_LOSS: the labels are damaged.
absl::StatusOr<JobPlan> PlanJob(const JobPlanOptions& options, const v1::TrainingSpec& spec);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_PLAN_H_
