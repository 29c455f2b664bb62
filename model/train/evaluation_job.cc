// SPDX-License-Identifier: Apache-2.0
#include "model/train/evaluation_job.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/report_proto.h"
#include "model/train/job_files.h"
#include "model/train/job_progress.h"
#include "model/train/patient_save.h"
#include "model/train/task_setup.h"

namespace facet::model {

namespace {

absl::StatusOr<Evaluation> Measure(const TrainerJobOptions& options, const TaskSetup& task, JobProgress& progress,
                                   std::atomic<bool>& stop) {
  const int steps = task.plan.judge.steps;
  progress.SetPlan(steps);
  progress.Phase("judging");
  EvaluateOptions evaluate = EvaluateJob(options, task, task.renderer.get());
  evaluate.on_progress = [&](double done) {
    progress.Fraction(done, static_cast<int>(std::floor(done * steps)));
    if (options.sink->gone()) stop = true;
  };
  return Evaluate(evaluate, stop);
}

}  // namespace

absl::StatusOr<JobOutcome> RunEvaluationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                            std::atomic<bool>& stop) {
  JobProgress progress(options.steady_clock, options.sink);
  ASSIGN_OR_RETURN(const auto earlier, ReadResult(*options.file_system, options.job_dir));
  if (earlier.has_value()) {
    progress.Finished(*earlier);
    return JobOutcome::kFinished;
  }
  ASSIGN_OR_RETURN(const TaskSetup task, LoadTask(options, spec, progress));
  if (task.plan.judge.steps == 0) {
    return InvalidField("preset.judge.steps", "JUDGE_REQUIRED", "the judge has no steps to learn in");
  }
  const auto evaluation = Measure(options, task, progress, stop);
  if (absl::IsCancelled(evaluation.status())) {
    progress.Stopped(0);
    return JobOutcome::kStopped;
  }
  RETURN_IF_ERROR(evaluation.status());
  progress.Phase("saving", task.plan.judge.steps);
  internal::TrainerEvent::Finished result;
  *result.mutable_report() = ReportToProto(*evaluation);
  RETURN_IF_ERROR(SaveResult(options, progress, stop, result, result.report()));
  progress.Finished(result);
  return JobOutcome::kFinished;
}

}  // namespace facet::model
