// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_TRAINER_OUTCOME_H_
#define FACET_SERVER_CORE_JOBS_TRAINER_OUTCOME_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/process.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/report.pb.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_state.h"

namespace facet::server {

// How a trainer came to its end.
struct TrainerOutcome {
  // kFinished, kStopped, kDied or kFailed.
  JobVerb verb = JobVerb::kFailed;
  v1::TrainingAttempt::End end = v1::TrainingAttempt::END_FAILED;
  // As v1.TrainingFailure: "OUT_OF_MEMORY"; empty where it did not fail.
  std::string reason;
  // What happened, in a sentence for people, without a full stop.
  std::string message;
  // kFinished only.
  v1::EvaluationReport report;
  v1::AugmentationReport augmentation_report;
  ProcessExit exit;
  // Another trainer holds the job.
  bool locked = false;
  // Step of a failure, or the one saved at a stop, where the trainer said.
  int step = 0;
};

// What is known of a trainer that has ended.
struct TrainerTraces {
  // A stop came before it was started.
  bool never_started = false;
  // Why it could not be started, or what was wrong with what it sent.
  absl::Status launch;
  absl::Status protocol;
  // Its last word: a Finished, Stopped or Failed.
  std::optional<internal::TrainerEvent> last_word;
  // Whether it was asked to stop, and whether it was killed for its silence.
  bool stop_asked = false;
  bool hung = false;
  // Whether somebody asked to have it killed at once, and whether it was killed
  // because it had been asked to stop and did not.
  bool kill_asked = false;
  bool overdue = false;
  // Whether the kernel killed a process for want of memory meanwhile.
  bool memory_ran_out = false;
  ProcessExit exit;
};

// What it says counts before how it ended: a result that is sealed is not lost
// by a crash on the way out.
TrainerOutcome JudgeTrainer(const TrainerTraces& traces);

// Label of facet_trainer_exits_total.
absl::string_view OutcomeLabel(const TrainerOutcome& outcome);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_TRAINER_OUTCOME_H_
