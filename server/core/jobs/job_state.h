// SPDX-License-Identifier: Apache-2.0
// The life of a job as one table; docs/jobs.md draws it.
#ifndef FACET_SERVER_CORE_JOBS_JOB_STATE_H_
#define FACET_SERVER_CORE_JOBS_JOB_STATE_H_

#include <array>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// What may happen to a job: four things that people ask for, then what comes
// from the server and its trainer.
enum class JobVerb {
  kPause,
  kResume,
  kCancel,
  kDelete,
  kStart,          // the server is about to start a trainer
  kTraining,       // the trainer has loaded and takes its first step
  kFinished,       // the trainer left a result
  kStopped,        // the trainer ended because it was asked to
  kDied,           // the trainer ended as it should not, and may be started again
  kFailed,         // the trainer gave up, or is not to be started again
  kServerStarted,  // a server took the job over from one that is gone
};
inline constexpr std::array<JobVerb, 11> kAllJobVerbs = {JobVerb::kPause,    JobVerb::kResume,       JobVerb::kCancel,
                                                         JobVerb::kDelete,   JobVerb::kStart,        JobVerb::kTraining,
                                                         JobVerb::kFinished, JobVerb::kStopped,      JobVerb::kDied,
                                                         JobVerb::kFailed,   JobVerb::kServerStarted};

// The state that `verb` leads to, the same one where nothing changes; nothing
// where it is refused.
std::optional<v1::TrainingJobState> NextJobState(v1::TrainingJobState state, JobVerb verb);

// Whether no trainer will run for it any more.
bool HasEnded(v1::TrainingJobState state);

// "running"; "pause".
absl::string_view JobStateName(v1::TrainingJobState state);
absl::string_view JobVerbName(JobVerb verb);

// FAILED_PRECONDITION (reason ILLEGAL_TRANSITION) that says why the job cannot
// do this now, and what would help.
absl::Status RefusedTransition(absl::string_view job, v1::TrainingJobState state, JobVerb verb);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_STATE_H_
