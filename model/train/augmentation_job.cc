// SPDX-License-Identifier: Apache-2.0
#include "model/train/augmentation_job.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/recognise/comparison.h"
#include "model/recognise/comparison_proto.h"
#include "model/recognise/resolve_comparison.h"
#include "model/train/job_files.h"
#include "model/train/job_progress.h"
#include "model/train/patient_save.h"
#include "model/train/recogniser_files.h"
#include "model/train/task_setup.h"

namespace facet::model {
namespace {

absl::StatusOr<std::vector<std::unique_ptr<Dataset>>> OpenTests(const TrainerJobOptions& options,
                                                                const internal::TrainerSpec& spec,
                                                                const ImageShape& shape, JobProgress& progress) {
  if (spec.test_dirs_size() != spec.augmentation().tests_size()) {
    return WithReason(absl::InvalidArgumentError("there must be a folder for each test"), "BAD_SPEC");
  }
  std::vector<std::unique_ptr<Dataset>> tests;
  for (const std::string& folder : spec.test_dirs()) {
    ASSIGN_OR_RETURN(tests.emplace_back(), Dataset::Open(*options.file_system, folder));
    progress.Heartbeat();
    if (tests.back()->info().shape == shape) continue;
    return WithReason(absl::InvalidArgumentError(absl::StrCat("images in '", folder, "' have another size")),
                      "OTHER_SIZE");
  }
  return tests;
}

}  // namespace

absl::StatusOr<JobOutcome> RunAugmentationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                              std::atomic<bool>& stop, int* step) {
  JobProgress progress(options.steady_clock, options.sink);
  if (const auto result = ReadResult(*options.file_system, options.job_dir); result.has_value()) {
    progress.Finished(*result);
    return JobOutcome::kFinished;
  }
  ASSIGN_OR_RETURN(const TaskSetup task, LoadTask(options, spec, progress));
  const DatasetInfo& info = task.dataset->info();
  ASSIGN_OR_RETURN(const auto tests, OpenTests(options, spec, info.shape, progress));
  ASSIGN_OR_RETURN(const ComparisonPlan plan, ResolveComparison(spec.augmentation(), info.schema));
  const auto total = static_cast<int64_t>(plan.sources.size()) * plan.seeds * plan.steps;
  // What a step counter cannot hold is shown as full.
  progress.SetPlan(static_cast<int>(std::min<int64_t>(total, std::numeric_limits<int>::max())));

  RecogniserFiles store(
      options.file_system, absl::StrCat(options.job_dir, "/", kRecogniserFolder),
      [&](const auto& save) { return SavePatiently(options, progress, stop, "a recogniser's answers", save); },
      [&] { progress.Kept(); });
  ComparisonOptions compare;
  compare.plan = plan;
  compare.nets = task.plan;
  compare.dataset = task.dataset.get();
  compare.train = task.split.train;
  for (const auto& test : tests) compare.tests.push_back(test.get());
  compare.renderer = task.renderer.get();
  compare.batch = kTaskBatch;
  compare.device = options.device;
  compare.store = &store;
  compare.on_phase = [&](const std::string& phase, int at) {
    *step = at;
    progress.Phase(phase, at);
  };
  compare.on_progress = [&](double done, int at) {
    *step = at;
    progress.Fraction(done, at);
    if (options.sink->gone()) stop = true;
  };
  const auto comparison = Compare(compare, stop);
  if (absl::IsCancelled(comparison.status())) {
    progress.Stopped(*step);
    return JobOutcome::kStopped;
  }
  RETURN_IF_ERROR(comparison.status());
  progress.Phase("saving", *step);
  internal::TrainerEvent::Finished result;
  *result.mutable_augmentation_report() = ReportToProto(*comparison, plan, info.schema);
  RETURN_IF_ERROR(SaveResult(options, progress, stop, result, result.augmentation_report()));
  progress.Finished(result);
  return JobOutcome::kFinished;
}

}  // namespace facet::model
