// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_state.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

using State = v1::TrainingJobState;

constexpr State kNo = v1::TRAINING_JOB_STATE_UNSPECIFIED;  // refused
constexpr State kQueued = v1::TRAINING_JOB_STATE_QUEUED;
constexpr State kStarting = v1::TRAINING_JOB_STATE_STARTING;
constexpr State kRunning = v1::TRAINING_JOB_STATE_RUNNING;
constexpr State kPausing = v1::TRAINING_JOB_STATE_PAUSING;
constexpr State kPaused = v1::TRAINING_JOB_STATE_PAUSED;
constexpr State kCancelling = v1::TRAINING_JOB_STATE_CANCELLING;
constexpr State kRecovering = v1::TRAINING_JOB_STATE_RECOVERING;
constexpr State kSucceeded = v1::TRAINING_JOB_STATE_SUCCEEDED;
constexpr State kFailed = v1::TRAINING_JOB_STATE_FAILED;
constexpr State kCancelled = v1::TRAINING_JOB_STATE_CANCELLED;

constexpr int kStates = v1::TrainingJobState_ARRAYSIZE;
constexpr size_t kVerbs = kAllJobVerbs.size();

// Rows: states in the order of their numbers. Columns: verbs in theirs. A
// cancel that was acknowledged holds, even if the trainer finished meanwhile;
// a pause does not take away a result.
// clang-format off
constexpr State kNext[kStates][kVerbs] = {
//                 pause     resume   cancel       delete      start      training     finished    stopped      died         failed      server
/* -          */ {kNo,      kNo,     kNo,         kNo,        kNo,       kNo,         kNo,        kNo,         kNo,         kNo,        kNo},
/* queued     */ {kPaused,  kNo,     kCancelled,  kNo,        kStarting, kNo,         kNo,        kNo,         kNo,         kNo,        kQueued},
/* starting   */ {kPausing, kNo,     kCancelling, kNo,        kNo,       kRunning,    kSucceeded, kRecovering, kRecovering, kFailed,    kRecovering},
/* running    */ {kPausing, kNo,     kCancelling, kNo,        kNo,       kRunning,    kSucceeded, kRecovering, kRecovering, kFailed,    kRecovering},
/* pausing    */ {kPausing, kNo,     kCancelling, kNo,        kNo,       kPausing,    kSucceeded, kPaused,     kPaused,     kFailed,    kPaused},
/* paused     */ {kPaused,  kQueued, kCancelled,  kNo,        kNo,       kNo,         kNo,        kNo,         kNo,         kNo,        kPaused},
/* cancelling */ {kNo,      kNo,     kCancelling, kNo,        kNo,       kCancelling, kCancelled, kCancelled,  kCancelled,  kCancelled, kCancelled},
/* recovering */ {kPaused,  kNo,     kCancelled,  kNo,        kStarting, kNo,         kNo,        kNo,         kNo,         kNo,        kRecovering},
/* succeeded  */ {kNo,      kNo,     kNo,         kSucceeded, kNo,       kNo,         kNo,        kNo,         kNo,         kNo,        kSucceeded},
/* failed     */ {kNo,      kNo,     kNo,         kFailed,    kNo,       kNo,         kNo,        kNo,         kNo,         kNo,        kFailed},
/* cancelled  */ {kNo,      kNo,     kCancelled,  kCancelled, kNo,       kNo,         kNo,        kNo,         kNo,         kNo,        kCancelled},
};
// clang-format on

constexpr absl::string_view kStateNames[kStates] = {"unspecified", "queued", "starting",   "running",
                                                    "pausing",     "paused", "cancelling", "recovering",
                                                    "succeeded",   "failed", "cancelled"};
constexpr absl::string_view kVerbNames[kVerbs] = {"pause", "resume",   "cancel",        "delete",
                                                  "start", "training", "finished",      "stopped",
                                                  "died",  "failed",   "server started"};

absl::string_view WhatHelps(State state, JobVerb verb) {
  if (verb == JobVerb::kDelete) return "cancel it first, or wait for its end";
  if (verb == JobVerb::kResume && state == kPausing) return "wait until it is paused";
  if (verb == JobVerb::kResume) return "only a paused job can be resumed";
  if (HasEnded(state)) return "it has ended";
  return "it is about to end";
}

}  // namespace

std::optional<State> NextJobState(State state, JobVerb verb) {
  if (state < 0 || state >= kStates) return std::nullopt;
  const State next = kNext[state][static_cast<size_t>(verb)];
  if (next == kNo) return std::nullopt;
  return next;
}

bool HasEnded(State state) { return state == kSucceeded || state == kFailed || state == kCancelled; }

absl::string_view JobStateName(State state) {
  return state < 0 || state >= kStates ? kStateNames[0] : kStateNames[state];
}

absl::string_view JobVerbName(JobVerb verb) { return kVerbNames[static_cast<size_t>(verb)]; }

absl::Status RefusedTransition(absl::string_view job, State state, JobVerb verb) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat("cannot ", JobVerbName(verb), " '", job, "', which is ",
                                                               JobStateName(state), ": ", WhatHelps(state, verb))),
                    "ILLEGAL_TRANSITION");
}

}  // namespace facet::server
