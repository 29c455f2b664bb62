// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_TASK_SETUP_H_
#define FACET_MODEL_TRAIN_TASK_SETUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "facet/internal/trainer.pb.h"
#include "model/render/renderer.h"
#include "model/train/job_progress.h"
#include "model/train/job_setup.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// What every task stands on: that of a job, and the model in `start/`, unless an
// augmentation task names none.
struct TaskSetup : JobSetup {
  std::unique_ptr<Renderer> renderer;  // takes kRenderBatch images; null: no model
};

// Loads it, as the phase `loading`. Errors of OpenJob, SplitJob, ReadBundle and
// Renderer::Create.
absl::StatusOr<TaskSetup> LoadTask(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                   JobProgress& progress);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_TASK_SETUP_H_
