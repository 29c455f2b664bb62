// SPDX-License-Identifier: Apache-2.0
// The part of PlanJob that jobs with a task have. Field paths are those of the
// request ("spec.augmentation.tests[0].dataset").
#ifndef FACET_SERVER_CORE_JOBS_TASK_PLAN_H_
#define FACET_SERVER_CORE_JOBS_TASK_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/dataset.pb.h"
#include "facet/v1/training.pb.h"
#include "model/preset/net_shape.h"
#include "server/core/jobs/job_plan.h"
#include "server/core/jobs/task_estimate.h"

namespace facet::server {

// INVALID_ARGUMENT (reason NOT_WITH_TASK): overrides, checkpoints or a start
// beside a task.
absl::Status CheckTaskFields(const v1::TrainingSpec& spec);

// The model of a task; nothing where there is no task, or where it names none and
// needs none: an augmentation task no source of which is synthetic. NOT_FOUND: no
// such model. INVALID_ARGUMENT (reason REQUIRED): it is not named.
// INVALID_ARGUMENT (field "spec.dataset", reason OTHER_SCHEMA): it has other
// features, classes or another image size than the data set.
absl::StatusOr<std::optional<FoundModel>> FindTaskModel(const ModelFinder& find_model, const v1::TrainingSpec& spec,
                                                        const v1::Dataset& dataset);

// Fills in what the task adds to a plan whose nets are resolved; `model` is that
// of FindTaskModel.
// INVALID_ARGUMENT: reasons of ResolveComparison; JUDGE_REQUIRED: the judge has
// no steps and is needed; OTHER_SIZE, UNKNOWN_CLASS, TEST_SEEN, …: of a test's
// data set. RESOURCE_EXHAUSTED (JOB_TOO_LARGE): it would not fit into memory.
absl::Status PlanTask(const JobPlanOptions& options, const v1::TrainingSpec& spec, const v1::Dataset& dataset,
                      const std::optional<FoundModel>& model, JobPlan* job);

// Of job_plan.cc. A data set, by the name that `field` of the request gives.
absl::StatusOr<v1::Dataset> FindSquareDataset(const JobPlanOptions& options, const std::string& asked,
                                              absl::string_view field);

// What the judge of `trainer` will compute, as a job's end or as a task of its own.
TaskLoad JudgeLoad(const model::JudgePlan& judge, const internal::TrainerSpec& trainer, const v1::Dataset& dataset);

// Bytes of all pixels.
int64_t PixelBytes(const v1::Dataset& dataset);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_TASK_PLAN_H_
