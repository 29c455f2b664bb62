// SPDX-License-Identifier: Apache-2.0
#include "model/train/task_setup.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"
#include "model/data/hold_out.h"
#include "model/preset/preset.h"

namespace facet::model {

absl::StatusOr<TaskSetup> LoadTask(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                   JobProgress& progress) {
  progress.Phase("loading");
  TaskSetup task;
  ASSIGN_OR_RETURN(task.dataset, Dataset::Open(*options.file_system, spec.dataset_dir()));
  progress.Heartbeat();
  const DatasetInfo& info = task.dataset->info();
  auto plan = ResolvePreset(spec.preset(), info.schema, info.shape.height);
  if (!plan.ok()) return PrefixField(plan.status(), "preset");
  task.plan = *std::move(plan);
  const std::vector<v1::HoldOutRule> rules(spec.hold_out().begin(), spec.hold_out().end());
  ASSIGN_OR_RETURN(task.split, SplitDataset(*task.dataset, rules));
  ASSIGN_OR_RETURN(const Bundle model,
                   ReadBundle(*options.file_system, absl::StrCat(options.job_dir, "/", kStartFolder)));
  RendererOptions renderer;
  renderer.device = options.device;
  renderer.threads = task.plan.training.threads;
  renderer.max_batch = kTaskBatch;
  ASSIGN_OR_RETURN(task.renderer, Renderer::Create(task.plan.generator, model.weights, renderer));
  return task;
}

}  // namespace facet::model
