// SPDX-License-Identifier: Apache-2.0
#include "model/train/augmentation_job.h"

#include <algorithm>
#include <cstdint>
#include <functional>
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

class AugmentationJob {
 public:
  AugmentationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec, std::atomic<bool>& stop,
                  int* step)
      : options_(options), spec_(spec), stop_(stop), step_(*step), progress_(options.steady_clock, options.sink) {}

  absl::StatusOr<JobOutcome> Run();

 private:
  absl::Status Load();
  ComparisonOptions MakeOptions(RecogniserStore* store);
  absl::StatusOr<Comparison> CompareAll();
  void At(int step) {
    step_ = step;
    if (options_.sink->gone()) stop_ = true;
  }

  const TrainerJobOptions& options_;
  const internal::TrainerSpec& spec_;
  std::atomic<bool>& stop_;
  int& step_;
  JobProgress progress_;
  TaskSetup task_;
  std::vector<std::unique_ptr<Dataset>> tests_;
  ComparisonPlan plan_;
};

absl::Status AugmentationJob::Load() {
  ASSIGN_OR_RETURN(task_, LoadTask(options_, spec_, progress_));
  const DatasetInfo& info = task_.dataset->info();
  ASSIGN_OR_RETURN(tests_, OpenTests(options_, spec_, info.shape, progress_));
  ASSIGN_OR_RETURN(plan_, ResolveComparison(spec_.augmentation(), info.schema));
  if (plan_.needs_synthetic() && task_.renderer == nullptr) {
    return WithReason(absl::InvalidArgumentError("synthetic images want a model"), "BAD_SPEC");
  }
  const auto total = static_cast<int64_t>(plan_.sources.size()) * plan_.seeds * plan_.steps;
  // What a step counter cannot hold is shown as full.
  progress_.SetPlan(static_cast<int>(std::min<int64_t>(total, std::numeric_limits<int>::max())));
  return absl::OkStatus();
}

ComparisonOptions AugmentationJob::MakeOptions(RecogniserStore* store) {
  ComparisonOptions compare;
  compare.plan = plan_;
  compare.nets = task_.plan;
  compare.dataset = task_.dataset.get();
  compare.train = task_.split.train;
  for (const auto& test : tests_) compare.tests.push_back(test.get());
  compare.renderer = task_.renderer.get();
  compare.batch = kRenderBatch;
  compare.device = options_.device;
  compare.store = store;
  compare.on_phase = [this](const std::string& phase, int step) {
    progress_.Phase(phase, step);
    At(step);
  };
  compare.on_progress = [this](double done, int step) {
    progress_.Fraction(done, step);
    At(step);
  };
  return compare;
}

absl::StatusOr<Comparison> AugmentationJob::CompareAll() {
  const auto save = [this](const std::function<absl::Status()>& write) {
    return SavePatiently(options_, progress_, stop_, "a recogniser's answers", write);
  };
  RecogniserFiles store(options_.file_system, absl::StrCat(options_.job_dir, "/", kRecogniserFolder), save,
                        [this] { progress_.Kept(); });
  return Compare(MakeOptions(&store), stop_);
}

absl::StatusOr<JobOutcome> AugmentationJob::Run() {
  ASSIGN_OR_RETURN(const auto earlier, ReadResult(*options_.file_system, options_.job_dir));
  if (earlier.has_value()) {
    progress_.Finished(*earlier);
    return JobOutcome::kFinished;
  }
  RETURN_IF_ERROR(Load());
  const auto comparison = CompareAll();
  if (absl::IsCancelled(comparison.status())) {
    progress_.Stopped(step_);
    return JobOutcome::kStopped;
  }
  RETURN_IF_ERROR(comparison.status());
  progress_.Phase("saving", step_);
  internal::TrainerEvent::Finished result;
  *result.mutable_augmentation_report() = ReportToProto(*comparison, plan_, task_.dataset->info().schema);
  RETURN_IF_ERROR(SaveResult(options_, progress_, stop_, result, result.augmentation_report()));
  progress_.Finished(result);
  return JobOutcome::kFinished;
}

}  // namespace

absl::StatusOr<JobOutcome> RunAugmentationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                              std::atomic<bool>& stop, int* step) {
  return AugmentationJob(options, spec, stop, step).Run();
}

}  // namespace facet::model
