// SPDX-License-Identifier: Apache-2.0
#include "model/train/task_setup.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"

namespace facet::model {

absl::StatusOr<TaskSetup> LoadTask(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                   JobProgress& progress) {
  progress.Phase("loading");
  TaskSetup task;
  ASSIGN_OR_RETURN(static_cast<JobSetup&>(task), OpenJob(options, spec, progress));
  RETURN_IF_ERROR(SplitJob(spec, &task));
  if (spec.has_augmentation() && spec.augmentation().model().empty()) return task;
  ASSIGN_OR_RETURN(const Bundle model,
                   ReadBundle(*options.file_system, absl::StrCat(options.job_dir, "/", kStartFolder)));
  ASSIGN_OR_RETURN(task.renderer, MakeJobRenderer(options, task.plan, model.weights));
  return task;
}

}  // namespace facet::model
