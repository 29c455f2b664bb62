// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_PATIENT_SAVE_H_
#define FACET_MODEL_TRAIN_PATIENT_SAVE_H_

#include <atomic>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"
#include "google/protobuf/message.h"
#include "model/train/job_progress.h"
#include "model/train/trainer_job.h"

namespace facet::model {

// Calls `save` until it does not fail for want of room on the disk, for as long
// as `options.disk_patience` says, or until `stop`; warns, and tells that the
// trainer lives. `what` is saved, in a sentence.
absl::Status SavePatiently(const TrainerJobOptions& options, JobProgress& progress, std::atomic<bool>& stop,
                           absl::string_view what, const std::function<absl::Status()>& save);

// Writes kReportFile, then kResultFile, patiently.
absl::Status SaveResult(const TrainerJobOptions& options, JobProgress& progress, std::atomic<bool>& stop,
                        const internal::TrainerEvent::Finished& result, const google::protobuf::Message& report);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_PATIENT_SAVE_H_
