// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_AUGMENTATION_JOB_H_
#define FACET_MODEL_TRAIN_AUGMENTATION_JOB_H_

#include <atomic>

#include "absl/status/statusor.h"
#include "facet/internal/trainer.pb.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// Does a v1.AugmentationTask (Compare) with the model in `start/`, if any. What each
// recogniser said is kept in kRecogniserFolder, so that a job that was cut off
// goes on with the next one and comes to the same report; a recogniser that was
// cut off learns again from its beginning. Leaves kReportFile and kResultFile;
// where the result is there already, tells so and does nothing. `step` gets the
// steps of recognisers that are done.
absl::StatusOr<JobOutcome> RunAugmentationJob(const TrainerJobOptions& options, const internal::TrainerSpec& spec,
                                              std::atomic<bool>& stop, int* step);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_AUGMENTATION_JOB_H_
