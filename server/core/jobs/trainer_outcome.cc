// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_outcome.h"

#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace facet::server {
namespace {

// Exit codes of facet-trainer after which another try makes sense.
constexpr int kExitLocked = 3;     // another trainer still works on the job
constexpr int kExitAbandoned = 4;  // it believed its server gone, and saved

using Attempt = v1::TrainingAttempt;

constexpr char kOutOfMemory[] = "OUT_OF_MEMORY";

TrainerOutcome Make(const TrainerTraces& traces, JobVerb verb, Attempt::End end, std::string reason,
                    std::string message) {
  TrainerOutcome outcome;
  outcome.verb = verb;
  outcome.end = end;
  outcome.reason = std::move(reason);
  outcome.message = std::move(message);
  outcome.exit = traces.exit;
  return outcome;
}

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  std::string text = absl::StrCat("the trainer was killed by signal ", signal);
  if (name != nullptr) absl::StrAppend(&text, " (SIG", name, ")");
  return text;
}

TrainerOutcome JudgeLaunch(const TrainerTraces& traces) {
  const bool for_now = absl::IsResourceExhausted(traces.launch);
  return Make(traces, for_now ? JobVerb::kDied : JobVerb::kFailed, Attempt::END_FAILED, "TRAINER_NOT_STARTED",
              absl::StrCat("the trainer could not be started: ", traces.launch.message()));
}

// Room on the disk comes back, and so may files that could not be read; what else
// it gives up for does not.
bool MayPass(const std::string& reason) {
  return reason == "DISK_FULL" || reason == "FILE_ERROR" || reason == "FILE_ACCESS_DENIED";
}

TrainerOutcome JudgeLastWord(const TrainerTraces& traces) {
  const internal::TrainerEvent& word = *traces.last_word;
  if (word.has_finished()) {
    TrainerOutcome outcome = Make(traces, JobVerb::kFinished, Attempt::END_FINISHED, "", "the work is finished");
    outcome.report = word.finished().report();
    outcome.augmentation_report = word.finished().augmentation_report();
    return outcome;
  }
  if (word.has_stopped()) {
    TrainerOutcome outcome = Make(traces, JobVerb::kStopped, Attempt::END_STOPPED, "",
                                  absl::StrCat("the trainer saved step ", word.stopped().step(), " and stopped"));
    outcome.step = word.stopped().step();
    return outcome;
  }
  const auto code = static_cast<absl::StatusCode>(word.failed().code());
  const std::string& reason = word.failed().reason();
  TrainerOutcome outcome = Make(traces, MayPass(reason) ? JobVerb::kDied : JobVerb::kFailed,
                                reason == kOutOfMemory ? Attempt::END_OUT_OF_MEMORY : Attempt::END_FAILED,
                                reason.empty() ? absl::StatusCodeToString(code) : reason,
                                absl::StrCat(absl::StatusCodeToString(code), ": ", word.failed().message()));
  outcome.step = word.failed().step();
  return outcome;
}

// Of a trainer that was asked to stop and ended by a signal.
std::string StopText(const TrainerTraces& traces) {
  const int signal = traces.exit.signal;
  if (signal == SIGKILL && traces.kill_asked) return "the trainer was killed as asked (now)";
  if (signal == SIGKILL && traces.overdue) return "the trainer did not stop within the grace and was killed";
  // Later it obeys the signal and says what it has saved.
  if (signal == SIGTERM) return "the trainer stopped as asked, while it was starting";
  return SignalText(signal);
}

TrainerOutcome JudgeSignal(const TrainerTraces& traces) {
  const std::string text = SignalText(traces.exit.signal);
  if (traces.hung) {
    return Make(traces, JobVerb::kDied, Attempt::END_HUNG, "HUNG",
                "the trainer said nothing for too long and was killed");
  }
  if (traces.stop_asked) return Make(traces, JobVerb::kStopped, Attempt::END_STOPPED, "", StopText(traces));
  if (traces.exit.signal == SIGKILL && traces.memory_ran_out) {
    return Make(traces, JobVerb::kDied, Attempt::END_OUT_OF_MEMORY, kOutOfMemory,
                absl::StrCat(text, ": the machine ran out of memory"));
  }
  return Make(traces, JobVerb::kDied, Attempt::END_DIED, "TRAINER_DIED", text);
}

TrainerOutcome JudgeExit(const TrainerTraces& traces) {
  const int code = traces.exit.exit_code;
  const std::string text = absl::StrCat("the trainer ended with exit code ", code);
  if (code == kExitLocked) {
    TrainerOutcome outcome = Make(traces, JobVerb::kDied, Attempt::END_FAILED, "JOB_LOCKED",
                                  "another trainer, left by a server that is gone, worked on the job");
    outcome.locked = true;
    return outcome;
  }
  if (code == kExitAbandoned) return Make(traces, JobVerb::kDied, Attempt::END_DIED, "TRAINER_DIED", text);
  if (code == 0) {
    return Make(traces, JobVerb::kFailed, Attempt::END_FAILED, "NO_RESULT", "the trainer ended without a result");
  }
  return Make(traces, JobVerb::kFailed, Attempt::END_FAILED, "TRAINER_FAILED", text);
}

}  // namespace

TrainerOutcome JudgeTrainer(const TrainerTraces& traces) {
  if (traces.never_started) {
    return Make(traces, JobVerb::kStopped, Attempt::END_STOPPED, "", "the trainer was not started any more");
  }
  if (!traces.launch.ok()) return JudgeLaunch(traces);
  if (traces.last_word.has_value()) return JudgeLastWord(traces);
  if (!traces.protocol.ok()) {
    return Make(traces, JobVerb::kFailed, Attempt::END_FAILED, "BAD_EVENT",
                absl::StrCat("the trainer sent ", traces.protocol.message()));
  }
  return traces.exit.signal != 0 ? JudgeSignal(traces) : JudgeExit(traces);
}

absl::string_view OutcomeLabel(const TrainerOutcome& outcome) {
  if (outcome.verb == JobVerb::kFinished) return "success";
  if (outcome.verb == JobVerb::kStopped) return "stopped";
  return outcome.exit.signal != 0 ? "signal" : "failure";
}

}  // namespace facet::server
