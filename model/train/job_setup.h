// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_JOB_SETUP_H_
#define FACET_MODEL_TRAIN_JOB_SETUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/evaluate/evaluate.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"
#include "model/train/job_progress.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// Batches in which trainers render and judge.
inline constexpr int kRenderBatch = 64;

// What every job stands on.
struct JobSetup {
  std::unique_ptr<Dataset> dataset;
  NetPlan plan;
  Split split;
};

// Data set and plan. Errors of Dataset::Open and ResolvePreset.
absl::StatusOr<JobSetup> OpenJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                 JobProgress& progress);
// The split of the spec. Errors of SplitDataset.
absl::Status SplitJob(const internal::TrainerSpec& spec, JobSetup* setup);

// Of the plan's generator; takes kRenderBatch images. Errors of
// Renderer::Create.
absl::StatusOr<std::unique_ptr<Renderer>> MakeJobRenderer(const TrainerJobOptions& options, const NetPlan& plan,
                                                          absl::string_view weights);

// An evaluation of what `renderer` draws, without `on_progress`. All outlive it.
EvaluateOptions EvaluateJob(const TrainerJobOptions& options, const JobSetup& setup, Renderer* renderer);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_JOB_SETUP_H_
