// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_setup.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/hold_out.h"
#include "model/preset/preset.h"

namespace facet::model {

absl::StatusOr<JobSetup> OpenJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                 JobProgress& progress) {
  JobSetup setup;
  ASSIGN_OR_RETURN(setup.dataset, Dataset::Open(*options.file_system, spec.dataset_dir()));
  progress.Heartbeat();
  const DatasetInfo& info = setup.dataset->info();
  auto plan = ResolvePreset(spec.preset(), info.schema, info.shape.height);
  if (!plan.ok()) return PrefixField(plan.status(), "preset");
  setup.plan = *std::move(plan);
  return setup;
}

absl::Status SplitJob(const internal::TrainerSpec& spec, JobSetup* setup) {
  const std::vector<v1::HoldOutRule> rules(spec.hold_out().begin(), spec.hold_out().end());
  ASSIGN_OR_RETURN(setup->split, SplitDataset(*setup->dataset, rules));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Renderer>> MakeJobRenderer(const TrainerJobOptions& options, const NetPlan& plan,
                                                          absl::string_view weights) {
  RendererOptions renderer;
  renderer.device = options.device;
  renderer.threads = plan.training.threads;
  renderer.max_batch = kRenderBatch;
  return Renderer::Create(plan.generator, weights, renderer);
}

EvaluateOptions EvaluateJob(const TrainerJobOptions& options, const JobSetup& setup, Renderer* renderer) {
  EvaluateOptions evaluate;
  evaluate.plan = setup.plan;
  evaluate.dataset = setup.dataset.get();
  evaluate.split = setup.split;
  evaluate.renderer = renderer;
  evaluate.render_batch = kRenderBatch;
  evaluate.device = options.device;
  evaluate.clock = options.steady_clock;
  return evaluate;
}

}  // namespace facet::model
