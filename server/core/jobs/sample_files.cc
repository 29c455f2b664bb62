// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/sample_files.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/train/sheet_folder.h"

namespace facet::server {
absl::StatusOr<v1::TrainingSamples> ReadSamples(FileSystem& file_system, const std::string& job_dir,
                                                const std::string& job, int step) {
  if (step < 0) return InvalidField("step", "OUT_OF_RANGE", absl::StrCat("step ", step, " must be at least 0"));
  const model::SheetFolder sheets(&file_system, absl::StrCat(job_dir, "/samples"));
  v1::TrainingSamples samples;
  samples.set_step(step);
  if (step == 0) {
    ASSIGN_OR_RETURN(const std::vector<int> steps, sheets.Steps());
    if (!steps.empty()) samples.set_step(steps.back());
  }
  auto png = sheets.ReadPng(samples.step());
  if (absl::IsNotFound(png.status())) {
    return ResourceNotFound("facet.v1.TrainingSamples", absl::StrCat(job, "@", step),
                            absl::StrCat("'", job, "' has no samples", step == 0 ? " yet" : " of that step",
                                         "; they are drawn with each checkpoint"));
  }
  RETURN_IF_ERROR(png.status());
  samples.set_png(*std::move(png));
  return samples;
}

}  // namespace facet::server
