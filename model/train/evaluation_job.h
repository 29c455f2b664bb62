// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_EVALUATION_JOB_H_
#define FACET_MODEL_TRAIN_EVALUATION_JOB_H_

#include <atomic>

#include "absl/status/statusor.h"
#include "facet/internal/trainer.pb.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// Does a v1.EvaluationTask: trains the judge, measures the model in `start/`,
// leaves kReportFile and kResultFile. Where the result is there already, tells
// so and does nothing; a judge that was cut off learns again from the beginning.
// Stops within a step after `stop` is set. Errors of LoadTask and Evaluate;
// INVALID_ARGUMENT (reason JUDGE_REQUIRED): the judge has no steps.
absl::StatusOr<JobOutcome> RunEvaluationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                            std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_EVALUATION_JOB_H_
