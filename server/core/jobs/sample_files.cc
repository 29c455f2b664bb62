// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/sample_files.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

// 0 where there is none.
int NewestStep(FileSystem& file_system, const std::string& folder) {
  int newest = 0;
  for (const std::string& name : file_system.List(folder).value_or(std::vector<std::string>())) {
    absl::string_view stem = name;
    int step = 0;
    if (absl::ConsumeSuffix(&stem, ".png") && absl::SimpleAtoi(stem, &step)) newest = std::max(newest, step);
  }
  return newest;
}

}  // namespace

absl::StatusOr<v1::TrainingSamples> ReadSamples(FileSystem& file_system, const std::string& job_dir,
                                                const std::string& job, int step) {
  if (step < 0) return InvalidField("step", "OUT_OF_RANGE", absl::StrCat("step ", step, " must be at least 0"));
  const std::string folder = absl::StrCat(job_dir, "/samples");
  v1::TrainingSamples samples;
  samples.set_step(step == 0 ? NewestStep(file_system, folder) : step);
  auto png = file_system.ReadFile(absl::StrFormat("%s/%09d.png", folder, samples.step()));
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
