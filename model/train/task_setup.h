// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_TASK_SETUP_H_
#define FACET_MODEL_TRAIN_TASK_SETUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "facet/internal/trainer.pb.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"
#include "model/train/job_progress.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// Batches in which tasks render and judge.
inline constexpr int kTaskBatch = 64;

// What every task stands on: data set, plan, and the model in `start/`.
struct TaskSetup {
  std::unique_ptr<Dataset> dataset;
  NetPlan plan;
  Split split;
  std::unique_ptr<Renderer> renderer;  // takes kTaskBatch images
};

// Loads it, as the phase `loading`. Errors of Dataset::Open, ResolvePreset,
// SplitDataset, ReadBundle and Renderer::Create.
absl::StatusOr<TaskSetup> LoadTask(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                   JobProgress& progress);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_TASK_SETUP_H_
